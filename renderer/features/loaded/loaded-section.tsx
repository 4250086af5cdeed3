import { type ComponentProps, memo, type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import type { FitVerdict } from "../../../shared/fit.ts";
import type { InstalledModel, LoadedModel } from "../../../shared/model.ts";
import { normalizeModelName } from "../../../shared/model-name.ts";
import type { StrayRunner } from "../../../shared/state.ts";
import { useRovingRows } from "../../roving-rows.ts";
import { useCore } from "../../store.ts";
import { useWords, type Words } from "../../words.tsx";
import { FlushButton } from "../flush/flush-button.tsx";
import { leavingKeys } from "../hull/preview.ts";
import { DeleteQuestion, LoadMenu } from "../installed/asked-parts.tsx";
import { EndRunner } from "./asked-parts.tsx";
import { LoadedRow } from "./loaded-row.tsx";

/** Minutes left are counted anew this often. */
const COUNT_EVERY_MS = 10_000;

function useNow(): number {
	const [now, setNow] = useState(() => Date.now());
	useEffect(() => {
		const timer = setInterval(() => {
			if (document.visibilityState === "visible") setNow(Date.now());
		}, COUNT_EVERY_MS);
		return () => clearInterval(timer);
	}, []);
	return now;
}

/** What is loaded now, or was when the engine last answered. */
export function LoadedSection({
	onLit,
	onWeigh,
	preview,
}: {
	readonly onLit: (key: string | null) => void;
	/** A load with another context that is weighed in a row's menu. */
	readonly onWeigh: (verdict: FitVerdict | null) => void;
	/** The load that is pointed at: what would have to go for it is shown as going. */
	readonly preview: FitVerdict | null;
}): ReactNode {
	const loaded = useCore((state) => state.loaded);
	const operations = useCore((state) => state.operations);
	const engine = useCore((state) => state.engine);
	const words = useWords();
	const now = useNow();
	const leaving = leavingKeys(preview, loaded);
	const rows = useRovingRows();
	const installed = useCore((state) => state.installed);
	const [deleting, setDeleting] = useState<InstalledModel | null>(null);
	const [menuFor, setMenuFor] = useState<string | null>(null);
	const opener = useRef<HTMLElement | null>(null);
	const openMenu = useCallback((model: LoadedModel, anchor: HTMLElement) => {
		opener.current = anchor;
		setMenuFor((open) => (open === model.key ? null : model.key));
	}, []);
	const closeMenu = useCallback(() => {
		setMenuFor(null);
		opener.current?.focus();
	}, []);
	const { connection } = engine;
	const stale = connection.state !== "connected";
	const seenAt =
		connection.state === "connected" ? null : connection.state === "connecting" ? now : connection.sinceAt;
	const bytes = loaded.reduce((sum, model) => sum + model.footprintBytes, 0);
	const heading = stale
		? words.say("ui.last-seen-loaded")
		: engine.locality === "remote"
			? words.say("ui.loaded-on", { host: new URL(engine.url).hostname })
			: words.say("ui.loaded");
	const waiting = operations.filter(
		(operation) =>
			operation.kind === "load" &&
			!loaded.some((model) => model.key === operation.key) &&
			operation.name !== null,
	);
	return (
		<section aria-label={heading}>
			<div className="section-head">
				<h2>{heading}</h2>
				<span className="muted">
					{loaded.length === 0
						? words.say("ui.none")
						: words.say("ui.models-and-gb", { count: loaded.length, bytes })}
				</span>
				{stale ? null : <FlushButton />}
			</div>
			{loaded.length === 0 && waiting.length === 0 ? (
				<p className="hint">{words.say(installed.length === 0 ? "ui.none-installed" : "ui.none-loaded")}</p>
			) : null}
			<ul className={stale ? "is-stale" : ""} aria-label={words.say("ui.loaded-models")} {...rows}>
				{loaded.map((model, index) => (
					<LoadedItem
						key={model.key}
						installed={installed.find((each) => each.key === model.key) ?? null}
						menuOpen={menuFor === model.key}
						onMenu={openMenu}
						onWeigh={onWeigh}
						onCloseMenu={closeMenu}
						onDelete={setDeleting}
						model={model}
						number={index + 1}
						minutesLeft={model.expiresAt === null ? 0 : Math.round((model.expiresAt - now) / 60_000)}
						operation={
							operations.find(
								(operation) =>
									operation.kind === "load" &&
									(operation.key === model.key ||
										normalizeModelName(operation.name ?? "") === normalizeModelName(model.name)),
							) ?? null
						}
						seenAt={seenAt}
						wouldGo={leaving.has(model.key) && model.key !== preview?.key}
						onLit={onLit}
					/>
				))}
			</ul>
			{deleting === null ? null : (
				<DeleteQuestion
					name={deleting.name}
					sizeBytes={deleting.sizeBytes}
					loaded
					onClose={() => setDeleting(null)}
				/>
			)}
			<Strays />
		</section>
	);
}

/** A loaded model and, while it is open, the menu of what else can be done with it. */
const LoadedItem = memo(function LoadedItem(
	props: Omit<ComponentProps<typeof LoadedRow>, "onMenu"> & {
		readonly installed: InstalledModel | null;
		readonly onMenu: (model: LoadedModel, anchor: HTMLElement) => void;
		readonly onWeigh: (verdict: FitVerdict | null) => void;
		readonly onCloseMenu: () => void;
		readonly onDelete: (model: InstalledModel) => void;
	},
): ReactNode {
	const { installed, onMenu, onWeigh, onCloseMenu, onDelete, ...row } = props;
	return (
		<>
			<LoadedRow {...row} {...(installed === null ? {} : { onMenu })} />
			{row.menuOpen && installed !== null ? (
				<li className="menu-item">
					<LoadMenu
						model={installed}
						onWeigh={onWeigh}
						onDelete={() => onDelete(installed)}
						onClose={onCloseMenu}
					/>
				</li>
			) : null}
		</>
	);
});

function Strays(): ReactNode {
	const strays = useCore((state) => state.strays);
	const words = useWords();
	if (strays.length === 0) return null;
	return (
		<ul aria-label={words.say("ui.strays")}>
			{strays.map((stray) => (
				<StrayRow key={`${stray.pid}-${stray.startedAt}`} stray={stray} />
			))}
		</ul>
	);
}

function strayWords(stray: StrayRunner, words: Words): string {
	switch (stray.kind) {
		case "orphan":
			return words.say("ui.stray-orphan");
		case "left-behind":
			return words.say("ui.stray-left");
		case "other":
			return words.say("ui.stray-other", { program: stray.program });
	}
}

/** A runner that no engine lists. */
function StrayRow({ stray }: { readonly stray: StrayRunner }): ReactNode {
	const words = useWords();
	return (
		<li className="row">
			<span className="badge badge-empty">?</span>
			<div>
				<div className="name truncate">
					<bdi>{stray.model ?? stray.program}</bdi>
				</div>
				<div className="meta meta-wrap">{strayWords(stray, words)}</div>
			</div>
			<div className="amount">
				<b>{stray.footprintBytes === null ? "" : words.gb(stray.footprintBytes)}</b>
				<span>{words.say("ui.process", { pid: String(stray.pid) })}</span>
			</div>
			<div className="row-actions" />
			{stray.kind === "other" ? null : (
				<>
					<p className="row-note">
						{words.say(stray.kind === "orphan" ? "ui.stray-orphan-note" : "ui.stray-left-note")}
					</p>
					<div className="row-note">
						<EndRunner pid={stray.pid} startedAt={stray.startedAt} />
					</div>
				</>
			)}
		</li>
	);
}
