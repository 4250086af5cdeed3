import type { ReactNode } from "react";
import { api } from "../../api.ts";
import { modelLabel } from "../../model-label.ts";
import { ModelName } from "../../model-name.tsx";
import { act, useCore } from "../../store.ts";
import { useWords } from "../../words.tsx";

/** Models that were unloaded for pressure and come back by themselves; each can be let go. */
export function BringBackRows(): ReactNode {
	const rows = useCore((state) => state.watchdog.bringsBack);
	const words = useWords();
	return (
		<ul aria-label={words.say("ui.come-back")}>
			{rows.map(({ key, name, footprintBytes, lacksBytes }) => (
				<li key={key} className="row">
					<span className="badge badge-empty" />
					<div>
						<ModelName name={name} />
						<div className="meta">
							{lacksBytes !== null && lacksBytes > 0
								? words.say("ui.comes-back-with", { bytes: lacksBytes })
								: words.say("ui.comes-back-soon")}
						</div>
					</div>
					<div className="amount">
						<b>{words.gb(footprintBytes)}</b>
						<span>{words.say("ui.not-loaded")}</span>
					</div>
					<div className="row-actions">
						<button
							type="button"
							className="button button-small"
							aria-label={words.say("ui.skip-label", { model: modelLabel(name).spoken })}
							onClick={() => act(() => api.skipBringBack({ key }))}
						>
							{words.say("ui.skip")}
						</button>
					</div>
				</li>
			))}
		</ul>
	);
}
