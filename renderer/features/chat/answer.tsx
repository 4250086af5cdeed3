import { lazy, memo, type ReactNode, Suspense } from "react";
import type { ChatMessage } from "../../../shared/chat.ts";
import { AppError } from "../../../shared/errors.ts";
import { normalizeModelName } from "../../../shared/model-name.ts";
import { api } from "../../api.ts";
import { Icon } from "../../icon.tsx";
import { modelLabel } from "../../model-label.ts";
import { act, useCore } from "../../store.ts";
import { useWords } from "../../words.tsx";

/** Markdown comes with the first answer; until then its text stands as it is. */
const Markdown = lazy(async () => ({ default: (await import("./markdown.tsx")).Markdown }));

/** One answer: who gives it, what it says, how it ended. */
export const Answer = memo(function Answer(props: {
	readonly message: ChatMessage;
	readonly last: boolean;
}): ReactNode {
	const { message, last } = props;
	const words = useWords();
	const busy = message.state === "waiting" || message.state === "streaming";
	return (
		<article className="answer" aria-busy={busy}>
			<p className="route">
				<bdi>{modelLabel(message.model ?? "").spoken}</bdi>
			</p>
			{message.thinking === "" ? null : (
				<details className="thinking">
					<summary>{words.say(message.text === "" && busy ? "ui.thinking" : "ui.thought")}</summary>
					<p dir="auto">{message.thinking}</p>
				</details>
			)}
			{message.text === "" ? null : (
				<div className="prose" dir="auto">
					<Suspense fallback={<p className="prose-plain">{message.text}</p>}>
						<Markdown text={message.text} />
					</Suspense>
				</div>
			)}
			{message.state === "waiting" ? <Waiting model={message.model ?? ""} /> : null}
			{message.state === "stopped" ? <p className="small-print">{words.say("ui.stopped-here")}</p> : null}
			{message.state === "broken" ? <Broken message={message} last={last} /> : null}
			{message.state === "done" || message.state === "stopped" ? (
				<SmallPrint message={message} last={last} />
			) : null}
		</article>
	);
});

function Waiting({ model }: { readonly model: string }): ReactNode {
	const words = useWords();
	const load = useCore(
		(state) =>
			state.operations.find(
				(operation) =>
					operation.kind === "load" && normalizeModelName(operation.name ?? "") === normalizeModelName(model),
			) ?? null,
	);
	const held = useCore((state) => state.watchdog.emergency !== null);
	const name = modelLabel(model).spoken;
	if (held) return <Held />;
	const progress = load?.progress ?? null;
	const share =
		progress === null || progress.totalBytes === 0 ? null : progress.doneBytes / progress.totalBytes;
	return (
		<div className="waiting">
			<div className="line">
				<span>
					{load === null
						? words.say("ui.reads-question", { model: name })
						: progress === null
							? words.say("ui.loading-model", { model: name })
							: words.say("ui.loading-model-figures", { model: name, ...progress })}
				</span>
				<button
					type="button"
					className="button button-small button-plain"
					onClick={() => act(() => api.stopAnswer(null))}
				>
					{words.say("ui.cancel")}
				</button>
			</div>
			{load === null ? null : (
				<div
					className={`progress${share === null ? " is-unsure" : ""}`}
					role="progressbar"
					aria-label={words.say("ui.loading-model", { model: name })}
					{...(share === null
						? {}
						: { "aria-valuenow": Math.round(share * 100), "aria-valuemin": 0, "aria-valuemax": 100 })}
				>
					<i style={share === null ? {} : { transform: `scaleX(${Math.min(1, share)})` }} />
				</div>
			)}
		</div>
	);
}

/** A question that is kept until the emergency is over. */
function Held(): ReactNode {
	const words = useWords();
	return (
		<div className="notice notice-critical" role="alert">
			<div className="notice-head">
				<Icon name="warn" />
				<h2>{words.say("error.memory-critical")}</h2>
			</div>
			<p>{words.say("ui.question-kept")}</p>
			<div className="actions">
				<button
					type="button"
					className="button button-small button-plain"
					onClick={() => act(() => api.stopAnswer(null))}
				>
					{words.say("ui.take-back")}
				</button>
			</div>
		</div>
	);
}

function Broken({ message, last }: { readonly message: ChatMessage; readonly last: boolean }): ReactNode {
	const words = useWords();
	const error = AppError.from(message.error ?? { code: "stream-broken", params: {} });
	return (
		<div className="notice notice-elevated" role="alert">
			<div className="notice-head">
				<Icon name="warn" />
				<h2>{words.say(message.text === "" ? "ui.no-answer" : "ui.broke-off")}</h2>
			</div>
			<p>
				{words.render(error.said)} {words.render(error.next)}
			</p>
			{last ? (
				<div className="actions">
					<button
						type="button"
						className="button button-small button-primary"
						onClick={() => act(() => api.retryAnswer(null))}
					>
						{words.say("ui.ask-again")}
					</button>
				</div>
			) : null}
		</div>
	);
}

function SmallPrint({ message, last }: { readonly message: ChatMessage; readonly last: boolean }): ReactNode {
	const words = useWords();
	const { figures } = message;
	const parts = [
		figures?.tokensPerSecond ? words.say("ui.speed", { count: Math.round(figures.tokensPerSecond) }) : null,
		figures?.firstTokenMs
			? words.say("ui.first-word", { duration: words.duration(figures.firstTokenMs) })
			: null,
		figures?.loadMs && figures.loadMs > 500
			? words.say("ui.loaded-in", { duration: words.duration(figures.loadMs) })
			: null,
	].filter((part) => part !== null);
	return (
		<div className="small-print">
			<span>{parts.join(" · ")}</span>
			{message.text === "" ? null : (
				<button
					type="button"
					className="icon-button icon-button-small"
					aria-label={words.say("ui.copy-answer")}
					onClick={() => void navigator.clipboard.writeText(message.text)}
				>
					<Icon name="copy" />
				</button>
			)}
			{last ? (
				<button
					type="button"
					className="icon-button icon-button-small"
					aria-label={words.say("ui.ask-again")}
					onClick={() => act(() => api.retryAnswer(null))}
				>
					<Icon name="refresh" />
				</button>
			) : null}
		</div>
	);
}
