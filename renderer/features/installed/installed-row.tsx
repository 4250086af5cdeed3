import { type KeyboardEvent, memo, type ReactNode, useRef } from "react";
import type { InstalledModel } from "../../../shared/model.ts";
import { api } from "../../api.ts";
import { Icon } from "../../icon.tsx";
import { modelLabel } from "../../model-label.ts";
import { ModelName } from "../../model-name.tsx";
import { act } from "../../store.ts";
import { useWords } from "../../words.tsx";

/** One installed model that is not loaded. */
export const InstalledRow = memo(function InstalledRow(props: {
	readonly model: InstalledModel;
	readonly note: string;
	readonly busy: boolean;
	readonly menuOpen: boolean;
	readonly onMenu: (model: InstalledModel, anchor: HTMLElement) => void;
}): ReactNode {
	const { model, note, busy } = props;
	const words = useWords();
	const { spoken } = modelLabel(model.name);
	const more = useRef<HTMLButtonElement>(null);
	const load = () => act(() => api.load({ model: model.name }));

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
			className="row row-compact row-installed"
			tabIndex={-1}
			data-row=""
			data-model={model.name}
			onKeyDown={onKeyDown}
		>
			<ModelName name={model.name} />
			<span className="note">{model.location === "cloud" ? words.say("ui.in-cloud") : note}</span>
			<span className="size">{model.location === "cloud" ? "" : words.gb(model.sizeBytes)}</span>
			<span className="row-actions">
				{model.location === "cloud" ? null : (
					<>
						<button
							type="button"
							className="button button-small"
							tabIndex={-1}
							disabled={busy}
							aria-label={words.say("ui.load-model", { model: spoken })}
							onClick={load}
						>
							{words.say("ui.load")}
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
					</>
				)}
			</span>
		</li>
	);
});
