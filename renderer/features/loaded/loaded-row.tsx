import { type KeyboardEvent, memo, type ReactNode } from "react";
import type { LoadedModel } from "../../../shared/model.ts";
import { normalizeModelName } from "../../../shared/model-name.ts";
import type { Operation } from "../../../shared/operation.ts";
import { api } from "../../api.ts";
import { Icon } from "../../icon.tsx";
import { modelLabel } from "../../model-label.ts";
import { ModelName } from "../../model-name.tsx";
import { usePending } from "../../pending.ts";
import { act, useCore, usePopover } from "../../store.ts";
import { useWords, type Words } from "../../words.tsx";
import { pastLineBytes } from "../hull/hull-geometry.ts";
import { EndRunner } from "./asked-parts.tsx";
import { LoadedMeta } from "./loaded-meta.tsx";

/** What a row shows of the moment; asked for once a second at most. */
function stateWords(model: LoadedModel, words: Words): string {
	switch (model.state) {
		case "busy":
			return words.say("ui.answering");
		case "draining":
			return words.say("ui.draining");
		case "unloading":
			return words.say("ui.unloading");
		case "loading":
			return words.say("ui.loading");
		// Whether it works is not known for the first seconds; that is no news to anybody.
		case "unknown":
		case "idle":
			return "";
	}
}

function oddityWords(model: LoadedModel, words: Words): string | null {
	switch (model.oddity?.kind) {
		case "ghost":
			return words.say(model.oddity.because === "deleted" ? "ui.odd-deleted" : "ui.odd-retagged");
		case "dead-runner":
			return words.say("ui.odd-dead");
		case "stuck":
			return words.say("ui.odd-stuck", { time: words.time(model.oddity.sinceAt) });
		case undefined:
			return null;
	}
}

function oddityNote(model: LoadedModel, words: Words): string | null {
	switch (model.oddity?.kind) {
		case "ghost":
			return model.expiresAt === null
				? words.say("ui.odd-ghost-note-forever")
				: words.say("ui.odd-ghost-note", { time: words.time(model.expiresAt) });
		case "dead-runner":
			return words.say("ui.odd-dead-note");
		case "stuck":
			return words.say("ui.odd-stuck-note");
		case undefined:
			return null;
	}
}

/** One loaded model. */
export const LoadedRow = memo(function LoadedRow(props: {
	readonly model: LoadedModel;
	readonly number: number;
	readonly minutesLeft: number;
	readonly operation: Operation | null;
	/** When it was last seen, where the engine no longer answers. */
	readonly seenAt: number | null;
	/** It would have to go for the load that is pointed at. */
	readonly wouldGo: boolean;
	readonly onLit: (key: string | null) => void;
	readonly menuOpen: boolean;
	/** Opens what else can be done with it; absent where nothing on disk answers to it. */
	readonly onMenu?: (model: LoadedModel, anchor: HTMLElement) => void;
}): ReactNode {
	const { model, number, operation, seenAt, wouldGo } = props;
	const stale = seenAt !== null;
	const grownBytes = useCore(
		(now) => now.budget?.models.find(({ key }) => key === model.key)?.grownBytes ?? 0,
	);
	const pastBytes = useCore((now) => pastLineBytes(now, model.key));
	const words = useWords();
	const locality = useCore((state) => state.engine.locality);
	/** What it waits for is an answer in this popover, which can be stopped here. */
	const ownAnswer = useCore((state) => {
		const answering = state.chat.answering?.model ?? null;
		return answering !== null && normalizeModelName(answering) === normalizeModelName(model.name);
	});
	const [pinned, pinning, wishPinned] = usePending(model.pinned);
	const spoken = modelLabel(model.name).spoken;
	const gb = words.gb(model.footprintBytes);
	const odd = oddityWords(model, words);
	const note = oddityNote(model, words);
	const state = stateWords(model, words);
	const unload = () =>
		act(async () => {
			const release = await api.unload({ model: model.key });
			usePopover.setState({ release });
		});
	const trim = () => act(() => api.trim({ model: model.key }));
	const calm = odd === null && state === "";
	const keep = () => act(() => api.keep({ model: model.key }));
	const pin = () => {
		wishPinned(!pinned);
		act(() => api.pin({ model: model.key, pinned: !pinned }));
	};
	const percent =
		operation?.progress && operation.progress.totalBytes > 0
			? Math.min(99, Math.round((operation.progress.doneBytes / operation.progress.totalBytes) * 100))
			: null;

	function onKeyDown(event: KeyboardEvent<HTMLLIElement>): void {
		if (event.target !== event.currentTarget || event.metaKey || event.ctrlKey || stale) return;
		if (event.key === "Backspace" || event.key === "Delete") unload();
		else if (event.key === "p" && model.state !== "loading") pin();
		else return;
		event.preventDefault();
	}

	return (
		<li
			className={`row${wouldGo || model.state === "draining" || model.state === "unloading" ? " is-fading" : ""}`}
			tabIndex={-1}
			data-row=""
			data-model={model.key}
			onMouseEnter={() => props.onLit(model.key)}
			onMouseLeave={() => props.onLit(null)}
			onFocus={() => props.onLit(model.key)}
			onBlur={() => props.onLit(null)}
			onKeyDown={onKeyDown}
		>
			<span
				className={`badge${locality === "local" && model.slot !== null ? "" : " badge-empty"}`}
				{...(locality === "local" && model.slot !== null ? { "data-slot": model.slot } : {})}
			>
				{number}
			</span>
			<div>
				<ModelName name={model.name} />
				{seenAt === null ? (
					<LoadedMeta
						model={model}
						state={state}
						odd={odd}
						percent={percent}
						minutesLeft={props.minutesLeft}
						wouldGo={wouldGo}
						grownBytes={grownBytes}
						pastBytes={pastBytes}
					/>
				) : (
					<div className="meta">{words.say("ui.as-of", { time: words.time(seenAt) })}</div>
				)}
				{model.state === "loading" ? (
					<div
						className={`progress${percent === null ? " is-unsure" : ""}`}
						role="progressbar"
						aria-label={words.say("ui.loading-model", { model: spoken })}
						{...(percent === null
							? {}
							: { "aria-valuenow": percent, "aria-valuemin": 0, "aria-valuemax": 100 })}
					>
						<i style={percent === null ? {} : { transform: `scaleX(${percent / 100})` }} />
					</div>
				) : null}
			</div>
			<div className="amount">
				<b>{wouldGo ? `−${gb}` : gb}</b>
				<span>{words.say(`ui.source-${model.footprintSource}`)}</span>
			</div>
			<div className="row-actions">
				{stale ? null : model.state === "loading" ? (
					operation === null ? null : (
						<button
							type="button"
							className="button button-small"
							tabIndex={-1}
							aria-label={words.say("ui.cancel-load", { model: spoken })}
							onClick={() => act(() => api.cancel({ operationId: operation.id }))}
						>
							{words.say("ui.cancel")}
						</button>
					)
				) : model.state === "draining" ? (
					<>
						{ownAnswer ? (
							<button
								type="button"
								className="button button-small"
								tabIndex={-1}
								onClick={() => act(() => api.stopAnswer(null))}
							>
								{words.say("ui.stop-answer-short")}
							</button>
						) : null}
						<button
							type="button"
							className="button button-small"
							tabIndex={-1}
							aria-label={words.say("ui.keep-model", { model: spoken })}
							onClick={keep}
						>
							{words.say("ui.keep")}
						</button>
					</>
				) : calm && grownBytes > 0 ? (
					<button
						type="button"
						className="button button-small"
						tabIndex={-1}
						aria-label={words.say("ui.trim-model", { model: spoken, bytes: grownBytes })}
						onClick={trim}
					>
						{words.say("ui.trim")}
					</button>
				) : (
					<>
						{props.onMenu === undefined ? null : (
							<button
								type="button"
								className={`icon-button icon-button-small reveal${props.menuOpen ? " is-on" : ""}`}
								tabIndex={-1}
								aria-haspopup="menu"
								aria-expanded={props.menuOpen}
								aria-label={words.say("ui.more-for", { model: spoken })}
								onClick={(event) => props.onMenu?.(model, event.currentTarget)}
							>
								<Icon name="down" />
							</button>
						)}
						<button
							type="button"
							className={`icon-button icon-button-small reveal${pinned ? " is-on" : ""}`}
							tabIndex={-1}
							aria-pressed={pinned}
							aria-busy={pinning}
							aria-label={words.say(pinned ? "ui.unpin-model" : "ui.pin-model", { model: spoken })}
							onClick={pin}
						>
							<Icon name={pinned ? "pin-on" : "pin"} />
						</button>
						<button
							type="button"
							className="icon-button icon-button-small"
							tabIndex={-1}
							disabled={model.state === "unloading" && model.oddity === null}
							aria-label={words.say(model.state === "busy" ? "ui.unload-after" : "ui.unload-model", {
								model: spoken,
								gb,
							})}
							onClick={unload}
						>
							<Icon name="eject" />
						</button>
					</>
				)}
			</div>
			{note === null || stale ? null : <p className="row-note">{note}</p>}
			{stale ||
			model.process === null ||
			(model.oddity?.kind !== "stuck" && model.oddity?.kind !== "dead-runner") ? null : (
				<div className="row-note">
					<EndRunner pid={model.process.pid} startedAt={model.process.startedAt} />
				</div>
			)}
		</li>
	);
});
