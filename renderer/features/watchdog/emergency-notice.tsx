import { type ReactNode, useState } from "react";
import type { Emergency, OthersPressure } from "../../../shared/watchdog.ts";
import { Icon } from "../../icon.tsx";
import { modelLabel } from "../../model-label.ts";
import { useCore } from "../../store.ts";
import { useWords, type Words } from "../../words.tsx";

/** A result older than this is no news; it stands in Activity. */
const NEWS_FOR_MS = 10 * 60_000;

/** What the watchdog does about an emergency, what came of the last one, and whose the pressure is otherwise. */
export function EmergencyNotice({ onActivity }: { readonly onActivity: () => void }): ReactNode {
	const { emergency, lastEmergency, othersPressure } = useCore((state) => state.watchdog);
	const [read, setRead] = useState<string | null>(null);
	const [openedAt] = useState(() => Date.now());
	if (emergency !== null) return <Running emergency={emergency} />;
	if (othersPressure !== null) return <Others pressure={othersPressure} />;
	if (lastEmergency === null || lastEmergency.id === read || lastEmergency.endedAt === null) return null;
	if (openedAt - lastEmergency.endedAt > NEWS_FOR_MS) return null;
	return (
		<Result emergency={lastEmergency} onActivity={onActivity} onRead={() => setRead(lastEmergency.id)} />
	);
}

function Running({ emergency }: { readonly emergency: Emergency }): ReactNode {
	const words = useWords();
	const [first] = emergency.models;
	return (
		<div className="notice notice-critical" role="alert">
			<div className="notice-head">
				<Icon name="warn" />
				<h2>
					{first === undefined
						? words.say("ui.emergency")
						: words.say("ui.emergency-first", { model: modelLabel(first.name).base })}
				</h2>
			</div>
			<p>{words.say(`ui.emergency-step-${emergency.step}`)}</p>
			<NotStopped emergency={emergency} />
		</div>
	);
}

function NotStopped({ emergency }: { readonly emergency: Emergency }): ReactNode {
	const words = useWords();
	return emergency.notStopped.map((name) => (
		<p key={name}>{words.say("ui.emergency-not-stopped", { model: modelLabel(name).spoken })}</p>
	));
}

/** Answers and loads that an emergency has ended, as a sentence. */
function endedWords(emergency: Emergency, words: Words): string {
	const answers = emergency.ownAnswersEnded + emergency.carriedAnswersEnded;
	return answers === 0
		? words.say("ui.emergency-no-answer-cut")
		: words.say("ui.emergency-answers-cut", { count: answers });
}

function Result(props: {
	readonly emergency: Emergency;
	readonly onActivity: () => void;
	readonly onRead: () => void;
}): ReactNode {
	const { emergency } = props;
	const words = useWords();
	const gone = emergency.models.filter(({ grade }) => grade !== null && grade !== "not-confirmed");
	const stayed = emergency.models.filter(({ grade }) => grade === "not-confirmed");
	const [only] = gone;
	const left = { availableBytes: emergency.availableBytes };
	return (
		<div className="notice notice-after" role="status">
			<div className="notice-head">
				<Icon name="emergency" className="i-solid" />
				<h2>
					{only === undefined
						? words.say("ui.emergency-nothing-left", left)
						: gone.length === 1
							? words.say("ui.emergency-unloaded-one", { ...left, model: modelLabel(only.name).base })
							: words.say("ui.emergency-unloaded-many", { ...left, models: gone.length })}
				</h2>
			</div>
			<p>
				{words.say("ui.emergency-came-back", {
					bytes: emergency.releasedBytes,
					durationMs: (emergency.endedAt ?? emergency.startedAt) - emergency.startedAt,
				})}{" "}
				{endedWords(emergency, words)}
			</p>
			{stayed.map(({ key, name, answersElsewhere }) => (
				<p key={key}>
					{words.say(answersElsewhere ? "ui.emergency-still-answers" : "ui.emergency-stayed", {
						model: modelLabel(name).spoken,
					})}
				</p>
			))}
			<NotStopped emergency={emergency} />
			<div className="actions">
				<button type="button" className="button button-small" onClick={props.onActivity}>
					{words.say("ui.what-happened")}
				</button>
				<button type="button" className="button button-small button-plain" onClick={props.onRead}>
					{words.say("ui.done")}
				</button>
			</div>
		</div>
	);
}

function Others({ pressure }: { readonly pressure: OthersPressure }): ReactNode {
	const words = useWords();
	return (
		<div className="notice notice-critical" role="status">
			<div className="notice-head">
				<Icon name="warn" />
				<h2>{words.say("ui.others-pressure")}</h2>
			</div>
			<p>{words.say("ui.others-pressure-why", { bytes: pressure.modelsBytes })}</p>
			{pressure.largest.length === 0 ? null : (
				<dl className="facts">
					{pressure.largest.map(({ name, bytes }) => (
						<Program key={name} name={name} figure={words.gb(bytes)} />
					))}
				</dl>
			)}
		</div>
	);
}

function Program({ name, figure }: { readonly name: string; readonly figure: string }): ReactNode {
	return (
		<>
			<dt>
				<bdi>{name}</bdi>
			</dt>
			<dd>{figure}</dd>
		</>
	);
}
