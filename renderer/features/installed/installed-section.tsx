import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import type { FitVerdict } from "../../../shared/fit.ts";
import type { InstalledModel } from "../../../shared/model.ts";
import { normalizeModelName } from "../../../shared/model-name.ts";
import { Icon } from "../../icon.tsx";
import { onDemand } from "../../on-demand.tsx";
import { useRovingRows } from "../../roving-rows.ts";
import { useCore } from "../../store.ts";
import { useWords } from "../../words.tsx";
import { DeleteQuestion, LoadChoice, LoadMenu } from "./asked-parts.tsx";
import { InstalledRow } from "./installed-row.tsx";

const PullForm = onDemand(async () => (await import("../pull/pull-form.tsx")).PullForm);
const PullRows = onDemand(async () => (await import("../pull/pull-rows.tsx")).PullRows);

/** What the engine has on disk and not in memory. */
export function InstalledSection(props: {
	readonly onPoint: (key: string | null) => void;
	/** A load with a context that is weighed in a row's menu. */
	readonly onWeigh: (verdict: FitVerdict | null) => void;
	readonly onTeam: () => void;
}): ReactNode {
	const { onPoint, onWeigh, onTeam } = props;
	const installed = useCore((state) => state.installed);
	const loaded = useCore((state) => state.loaded);
	const operations = useCore((state) => state.operations);
	const pullsRun = useCore((state) => state.pulls.length > 0);
	const words = useWords();
	const rows = useRovingRows();
	const [pulling, setPulling] = useState(false);
	const [menuFor, setMenuFor] = useState<string | null>(null);
	const [deleting, setDeleting] = useState<InstalledModel | null>(null);
	const [asking, setAsking] = useState<InstalledModel | null>(null);
	const opener = useRef<HTMLElement | null>(null);
	const loadedKeys = new Set(loaded.map((model) => model.key));
	const others = installed.filter((model) => !loadedKeys.has(model.key));

	const askedKey = asking?.key ?? null;
	// The load that is asked about stays in the picture while nothing else is pointed at.
	const point = useCallback((key: string | null) => onPoint(key ?? askedKey), [onPoint, askedKey]);
	useEffect(() => onPoint(askedKey), [onPoint, askedKey]);
	const askedVerdict = useCore((state) => state.budget?.fits.find(({ key }) => key === askedKey) ?? null);

	const openMenu = useCallback((model: InstalledModel, anchor: HTMLElement) => {
		opener.current = anchor;
		setMenuFor((open) => (open === model.key ? null : model.key));
	}, []);
	const closeMenu = useCallback(() => {
		setMenuFor(null);
		opener.current?.focus();
	}, []);

	function noteFor(model: InstalledModel): string {
		const mine = operations.find(
			(operation) =>
				operation.kind === "load" &&
				normalizeModelName(operation.name ?? "") === normalizeModelName(model.name),
		);
		if (mine !== undefined) return words.say(mine.state === "queued" ? "ui.queued" : "ui.loading");
		return "";
	}

	return (
		<section aria-label={words.say("ui.installed")}>
			<div className="section-head">
				<h2>{words.say("ui.installed")}</h2>
				<span className="muted">
					{others.length === installed.length
						? words.say("ui.models", { count: others.length })
						: words.say("ui.more-models", { count: others.length })}
				</span>
				<button type="button" className="button button-small button-plain" onClick={onTeam}>
					{words.say("ui.team")}
				</button>
				<button
					type="button"
					className={`icon-button icon-button-small${pulling ? " is-on" : ""}`}
					aria-expanded={pulling}
					aria-label={words.say(pulling ? "ui.close" : "ui.pull-by-name")}
					onClick={() => setPulling(!pulling)}
				>
					<Icon name={pulling ? "x" : "plus"} />
				</button>
			</div>
			{pulling || installed.length === 0 ? <PullForm /> : null}
			{deleting === null ? null : (
				<DeleteQuestion
					name={deleting.name}
					sizeBytes={deleting.sizeBytes}
					loaded={false}
					onClose={() => setDeleting(null)}
				/>
			)}
			{asking === null || askedVerdict === null ? null : (
				<LoadChoice model={asking} verdict={askedVerdict} onClose={() => setAsking(null)} />
			)}
			{pullsRun ? <PullRows /> : null}
			<ul aria-label={words.say("ui.installed-models")} {...rows}>
				{others.map((model) => (
					<InstalledItem
						key={model.key}
						model={model}
						note={noteFor(model)}
						onPoint={point}
						onAsk={setAsking}
						menuOpen={menuFor === model.key}
						onMenu={openMenu}
						onWeigh={onWeigh}
						onCloseMenu={closeMenu}
						onDelete={() => setDeleting(model)}
					/>
				))}
			</ul>
		</section>
	);
}

function InstalledItem(props: {
	readonly model: InstalledModel;
	readonly note: string;
	readonly onPoint: (key: string | null) => void;
	readonly onAsk: (model: InstalledModel) => void;
	readonly menuOpen: boolean;
	readonly onMenu: (model: InstalledModel, anchor: HTMLElement) => void;
	readonly onWeigh: (verdict: FitVerdict | null) => void;
	readonly onCloseMenu: () => void;
	readonly onDelete: () => void;
}): ReactNode {
	const { model, note, menuOpen } = props;
	return (
		<>
			<InstalledRow
				model={model}
				note={note}
				busy={note !== ""}
				onPoint={props.onPoint}
				onAsk={props.onAsk}
				menuOpen={menuOpen}
				onMenu={props.onMenu}
			/>
			{menuOpen ? (
				<li className="menu-item">
					<LoadMenu
						model={model}
						onWeigh={props.onWeigh}
						onDelete={props.onDelete}
						onClose={props.onCloseMenu}
					/>
				</li>
			) : null}
		</>
	);
}
