import type { ReactNode } from "react";
import { AppError } from "../../../shared/errors.ts";
import type { Pull } from "../../../shared/pull.ts";
import { api } from "../../api.ts";
import { modelLabel } from "../../model-label.ts";
import { ModelName } from "../../model-name.tsx";
import { act, useCore } from "../../store.ts";
import { useWords, type Words } from "../../words.tsx";

function figures(pull: Pull, words: Words): string {
	switch (pull.state) {
		case "done":
			return words.say("ui.pull-done");
		case "cancelled":
			return words.say("ui.pull-cancelled");
		case "failed": {
			if (pull.error === null) return words.say("ui.pull-failed");
			const error = AppError.from(pull.error);
			return `${words.render(error.said)} ${words.render(error.next)}`;
		}
		case "running":
	}
	if (pull.totalBytes === null) return words.say("ui.pull-begins");
	const parts = { doneBytes: pull.doneBytes, totalBytes: pull.totalBytes };
	const perMs = pull.doneBytes / Math.max(1, Date.now() - pull.startedAt);
	if (pull.doneBytes >= pull.totalBytes) return words.say("ui.pull-checking");
	if (perMs <= 0 || Date.now() - pull.startedAt < 3_000) return words.say("ui.pull-figures", parts);
	const left = words.roughDuration((pull.totalBytes - pull.doneBytes) / perMs);
	return words.say("ui.pull-figures-left", { ...parts, left });
}

/** Models on their way from the registry. */
export function PullRows(): ReactNode {
	const pulls = useCore((state) => state.pulls);
	const words = useWords();
	if (pulls.length === 0) return null;
	return (
		<ul aria-label={words.say("ui.pulls")}>
			{pulls.map((pull) => (
				<PullRow key={pull.id} pull={pull} />
			))}
		</ul>
	);
}

function PullRow({ pull }: { readonly pull: Pull }): ReactNode {
	const words = useWords();
	const { spoken } = modelLabel(pull.name);
	const share = pull.totalBytes === null ? null : Math.min(1, pull.doneBytes / pull.totalBytes);
	return (
		<li className="row pulling">
			<div>
				<ModelName name={pull.name} />
				<div className={pull.state === "failed" ? "meta meta-wrap is-failed" : "meta"}>
					{figures(pull, words)}
				</div>
				{pull.state === "running" ? (
					<div
						className={`progress${share === null ? " is-unsure" : ""}`}
						role="progressbar"
						aria-label={words.say("ui.pulling-model", { model: spoken })}
						{...(share === null
							? {}
							: { "aria-valuenow": Math.round(share * 100), "aria-valuemin": 0, "aria-valuemax": 100 })}
					>
						<i style={share === null ? {} : { transform: `scaleX(${share})` }} />
					</div>
				) : null}
			</div>
			<div className="row-actions">
				{pull.state === "running" ? (
					<button
						type="button"
						className="button button-small"
						aria-label={words.say("ui.cancel-pull", { model: spoken })}
						onClick={() => act(() => api.cancelPull({ pullId: pull.id }))}
					>
						{words.say("ui.cancel")}
					</button>
				) : (
					<>
						{pull.state === "done" ? null : (
							<button
								type="button"
								className="button button-small"
								onClick={() => act(() => api.pull({ model: pull.name }))}
							>
								{words.say("ui.try-again")}
							</button>
						)}
						<button
							type="button"
							className="button button-small"
							aria-label={words.say("ui.dismiss-pull", { model: spoken })}
							onClick={() => act(() => api.dismissPull({ pullId: pull.id }))}
						>
							{words.say("ui.done")}
						</button>
					</>
				)}
			</div>
		</li>
	);
}
