import { type ReactNode, useEffect, useRef, useState } from "react";
import type { FlushResult, ReleaseResult } from "../../../shared/operation.ts";
import { api } from "../../api.ts";
import { Icon } from "../../icon.tsx";
import { modifierKey } from "../../keys.ts";
import { modelLabel } from "../../model-label.ts";
import { act, useCore, usePopover } from "../../store.ts";
import { useWords, type Words } from "../../words.tsx";

/** A result older than this is no news; it stands in Activity. */
const NEWS_FOR_MS = 10 * 60_000;

function proof(gone: readonly ReleaseResult[], words: Words): string {
	if (gone.length === 0) return "";
	if (gone.every((release) => release.grade === "proved"))
		return words.say("ui.proved", { count: gone.length });
	if (gone.every((release) => release.grade === "engine-says-so")) return words.say("ui.engine-says-so");
	return words.say("ui.partly-proved");
}

/** Why a model is not confirmed as gone, or was never there. */
function leftWords(left: ReleaseResult, words: Words): string {
	const model = modelLabel(left.name).spoken;
	switch (left.because) {
		case "draining":
			return words.say("ui.left-draining", { model });
		case "ghost":
			return words.say("ui.left-ghost", { model });
		case "process-alive":
			return words.say("ui.left-process", { model });
		case "engine-unreachable":
			return words.say("ui.left-unreachable", { model });
		case "load-cancelled":
			return words.say("ui.load-taken-back", { model });
		case "still-listed":
		case null:
			return words.say("ui.left-listed", { model });
	}
}

/** What came of the last flush, until it is put back, read, or no news any more. */
export function FlushNotice(): ReactNode {
	const result = useCore((state) => state.lastFlush);
	const [read, setRead] = useState<string | null>(null);
	const [openedAt] = useState(() => Date.now());
	if (result === null || result.id === read || openedAt - result.at > NEWS_FOR_MS) return null;
	return <Result result={result} onRead={() => setRead(result.id)} />;
}

function Result({
	result,
	onRead,
}: {
	readonly result: FlushResult;
	readonly onRead: () => void;
}): ReactNode {
	const words = useWords();
	const notice = useRef<HTMLDivElement>(null);
	// The list may be scrolled away from where the result appears.
	useEffect(() => {
		if (result.id !== "") notice.current?.scrollIntoView({ block: "nearest" });
	}, [result.id]);
	const gone = result.releases.filter((release) => release.grade !== "not-confirmed");
	const left = result.releases.filter((release) => release.grade === "not-confirmed");
	const figures = { bytes: result.releasedBytes, durationMs: result.durationMs };
	const title =
		result.releases.length === 0
			? words.say("ui.flush-nothing")
			: left.length === 0
				? words.say(gone.some(({ grade }) => grade === "proved") ? "ui.flush-done" : "ui.flush-said", {
						count: gone.length,
						...figures,
					})
				: words.say("ui.flush-partly", { gone: gone.length, all: result.releases.length, ...figures });
	const { before, after } = result;
	return (
		<div
			ref={notice}
			className={`notice ${left.length === 0 ? "notice-done" : "notice-elevated"}`}
			role="status"
		>
			<div className="notice-head">
				<Icon name={left.length === 0 ? "check" : "warn"} />
				<h2>{title}</h2>
			</div>
			{gone.length === 0 ? null : (
				<p>
					{before !== null && after !== null
						? `${words.say("ui.flush-machine", {
								before: before.availableBytes,
								after: after.availableBytes,
							})} `
						: ""}
					{proof(gone, words)}
				</p>
			)}
			{left.map((each) => (
				<p key={each.key}>{leftWords(each, words)}</p>
			))}
			<div className="actions">
				{left.length > 0 ? (
					<button type="button" className="button button-small" onClick={() => act(() => api.flush(null))}>
						{words.say("ui.try-again")}
					</button>
				) : null}
				{result.putBack.length > 0 ? (
					<button type="button" className="button button-small" onClick={() => act(() => api.putBack(null))}>
						{words.say("ui.put-back")} <kbd>{modifierKey("Z")}</kbd>
					</button>
				) : null}
				<button type="button" className="button button-small button-plain" onClick={onRead}>
					{words.say("ui.done")}
				</button>
			</div>
		</div>
	);
}

/** What came of unloading one model. */
export function ReleaseNotice(): ReactNode {
	const release = usePopover((store) => store.release);
	const words = useWords();
	if (release === null) return null;
	const gone = release.grade !== "not-confirmed";
	const unloaded = gone && release.because === null;
	const figures = { model: modelLabel(release.name).spoken, bytes: release.releasedBytes };
	return (
		<div className={`notice ${gone ? "notice-done" : "notice-elevated"}`} role="status">
			<div className="notice-head">
				<Icon name={gone ? "check" : "warn"} />
				<h2>
					{unloaded
						? words.say(release.grade === "proved" ? "ui.release-done" : "ui.release-said", {
								...figures,
								durationMs: release.durationMs,
							})
						: leftWords(release, words)}
				</h2>
			</div>
			{unloaded ? <p>{proof([release], words)}</p> : null}
			<div className="actions">
				<button
					type="button"
					className="button button-small button-plain"
					onClick={() => usePopover.setState({ release: null })}
				>
					{words.say("ui.done")}
				</button>
			</div>
		</div>
	);
}
