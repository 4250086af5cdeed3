import { type ReactNode, useEffect, useId, useState } from "react";
import type { CallResult } from "../../../shared/ipc.ts";
import { api } from "../../api.ts";
import { Icon } from "../../icon.tsx";
import { act } from "../../store.ts";
import { useWords } from "../../words.tsx";

/** What a person said prompts were about, and how often that was needed. */
export function Corrections(): ReactNode {
	const words = useWords();
	const headingId = useId();
	const [kept, setKept] = useState<CallResult<"corrections"> | null>(null);
	useEffect(() => act(async () => setKept(await api.corrections(null))), []);
	if (kept === null) return null;
	const routed = kept.days.reduce((sum, day) => sum + day.routed, 0);
	const corrected = kept.days.reduce((sum, day) => sum + day.corrected, 0);
	return (
		<>
			<h2 id={headingId}>{words.say("team.corrections")}</h2>
			<div className="group" role="group" aria-labelledby={headingId}>
				{routed === 0 ? null : (
					<div className="setting">
						<span>{words.say("team.share", { corrected, routed })}</span>
					</div>
				)}
				{kept.corrections.length === 0 ? (
					<div className="setting">
						<span>
							<small>{words.say("team.no-corrections")}</small>
						</span>
					</div>
				) : null}
				{kept.corrections.map(({ id, prompt, domain, was }) => (
					<div className="setting" key={id}>
						<span className="correction">
							<bdi>{prompt}</bdi>
							<small>{words.say("team.correction-was", { domain, was })}</small>
						</span>
						<button
							type="button"
							className="icon-button icon-button-small"
							aria-label={words.say("team.forget", { prompt: prompt.slice(0, 80) })}
							onClick={() =>
								act(async () => {
									await api.removeCorrection({ id });
									setKept(await api.corrections(null));
								})
							}
						>
							<Icon name="x" />
						</button>
					</div>
				))}
			</div>
		</>
	);
}
