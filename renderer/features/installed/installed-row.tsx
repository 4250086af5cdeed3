import { type KeyboardEvent, memo, type ReactNode, useRef } from "react";
import type { InstalledModel } from "../../../shared/model.ts";
import { api } from "../../api.ts";
import { Icon } from "../../icon.tsx";
import { modelLabel } from "../../model-label.ts";
import { ModelName } from "../../model-name.tsx";
import { act, useCore } from "../../store.ts";
import { useWords } from "../../words.tsx";
import { fitNote } from "../hull/preview.ts";

/** One installed model that is not loaded. */
export const InstalledRow = memo(function InstalledRow(props: {
	readonly model: InstalledModel;
	readonly note: string;
	readonly busy: boolean;
	readonly onPoint: (key: string | null) => void;
	/** It is over: how it should be loaded is asked. */
	readonly onAsk: (model: InstalledModel) => void;
	readonly menuOpen: boolean;
	readonly onMenu: (model: InstalledModel, anchor: HTMLElement) => void;
}): ReactNode {
	const { model, note, busy, onPoint } = props;
	// Null where nothing is judged; then a load is simply begun.
	const verdict = useCore((state) => state.budget?.fits.find(({ key }) => key === model.key) ?? null);
	const words = useWords();
	const { spoken } = modelLabel(model.name);
	const more = useRef<HTMLButtonElement>(null);
	const asks = verdict?.outcome === "over";
	const fit = fitNote(verdict, words);
	const load = () => {
		if (asks) props.onAsk(model);
		else act(() => api.load({ model: model.name }));
	};

	function onKeyDown(event: KeyboardEvent<HTMLLIElement>): void {
		if (event.target !== event.currentTarget || model.location === "cloud") return;
		if (event.key === "Enter") load();
		else if ((event.key === "ContextMenu" || event.key === "m") && more.current)
			props.onMenu(model, more.current);
		else return;
		event.preventDefault();
	}

	return (
		<li
			className={`row row-compact row-installed${model.location === "cloud" ? " is-cloud" : ""}`}
			tabIndex={-1}
			data-row=""
			data-model={model.name}
			onMouseEnter={() => onPoint(model.key)}
			onMouseLeave={() => onPoint(null)}
			onFocus={() => onPoint(model.key)}
			onBlur={() => onPoint(null)}
			onKeyDown={onKeyDown}
		>
			<ModelName name={model.name} />
			<span className={`note${note === "" && fit.over ? " is-over" : ""}`}>
				{model.location === "cloud" ? words.say("ui.in-cloud") : note === "" ? fit.text : note}
			</span>
			{model.location === "cloud" ? null : (
				<>
					<span className="size">{words.gb(model.sizeBytes)}</span>
					<span className="row-actions">
						<button
							type="button"
							className="button button-small"
							tabIndex={-1}
							disabled={busy}
							aria-label={words.say("ui.load-model", { model: spoken })}
							onClick={load}
						>
							{words.say(asks ? "ui.load-asks" : "ui.load")}
						</button>
						<button
							ref={more}
							type="button"
							className="icon-button icon-button-small"
							tabIndex={-1}
							aria-haspopup="menu"
							aria-expanded={props.menuOpen}
							aria-label={words.say("ui.more-for", { model: spoken })}
							onClick={(event) => props.onMenu(model, event.currentTarget)}
						>
							<Icon name="down" />
						</button>
					</span>
				</>
			)}
		</li>
	);
});
