import { lazy, memo, type ReactNode, Suspense, useState } from "react";
import type { ChatMessage } from "../../../shared/chat.ts";
import { AppError } from "../../../shared/errors.ts";
import { normalizeModelName } from "../../../shared/model-name.ts";
import type { RouteDecision } from "../../../shared/router.ts";
import type { AppState } from "../../../shared/state.ts";
import { api } from "../../api.ts";
import { Icon } from "../../icon.tsx";
import { modelLabel } from "../../model-label.ts";
import { onDemand } from "../../on-demand.tsx";
import { act, useCore } from "../../store.ts";
import { useWords } from "../../words.tsx";

/** Markdown comes with the first answer; until then its text stands as it is. */
const Markdown = lazy(async () => ({ default: (await import("./markdown.tsx")).Markdown }));

const RouteReasons = onDemand(async () => (await import("./route-reasons.tsx")).RouteReasons);

/** Smallest context that is offered after an answer broke off, tokens. */
const SMALLEST_CONTEXT = 1_024;

/** One answer: who gives it and why, what it says, how it ended. */
export const Answer = memo(function Answer(props: {
	readonly message: ChatMessage;
	readonly last: boolean;
}): ReactNode {
	const { message, last } = props;
	const words = useWords();
	const busy = message.state === "waiting" || message.state === "streaming";
	return (
		<article className="answer" aria-busy={busy}>
			{message.leftOut === 0 ? null : (
				<p className="left-out">
					{words.say(message.contextTokens === null ? "chat.left-out" : "chat.left-out-context", {
						count: message.leftOut,
						model: modelLabel(message.model ?? "").spoken,
						context: words.context(message.contextTokens ?? 0),
					})}
				</p>
			)}
			{message.route === null ? (
				<p className="route route-plain">
					<bdi>{message.model === null ? words.say("chat.choosing") : modelLabel(message.model).spoken}</bdi>
				</p>
			) : (
				<Route message={message} route={message.route} changeable={last && !busy} />
			)}
			{message.thinking === "" ? null : (
				<details className="thinking">
					<summary>{words.say(message.text === "" && busy ? "chat.thinking" : "chat.thought")}</summary>
					<p dir="auto">{message.thinking}</p>
				</details>
			)}
			{message.text === "" ? null : (
				<div className="prose" dir="auto">
					<Suspense fallback={<p className="prose-plain">{message.text}</p>}>
						<Markdown text={message.text} growing={busy} />
					</Suspense>
				</div>
			)}
			{message.state === "waiting" ? <Waiting message={message} /> : null}
			{message.state === "stopped" ? <p className="small-print">{words.say("chat.stopped-here")}</p> : null}
			{message.state === "broken" ? <Broken message={message} last={last} /> : null}
			{message.state === "done" || message.state === "stopped" ? (
				<SmallPrint message={message} last={last} />
			) : null}
		</article>
	);
});

/** Who answers by the router's choice; opens the reasons. */
function Route(props: {
	readonly message: ChatMessage;
	readonly route: RouteDecision;
	readonly changeable: boolean;
}): ReactNode {
	const { message, route } = props;
	const words = useWords();
	const [open, setOpen] = useState(false);
	const { domain, domainSource } = route.requirements;
	const chosen = route.member?.name ?? words.say("chat.nobody");
	return (
		<>
			<button
				type="button"
				className="route"
				aria-expanded={open}
				aria-controls={`reasons-${message.id}`}
				onClick={() => setOpen(!open)}
			>
				<Icon name="route" />
				<span>
					{words.say(domainSource === "user" ? "chat.by-you" : "chat.auto")} →{" "}
					<b>
						<bdi>{chosen}</bdi>
					</b>{" "}
					· {words.say(`route.domain-${domain}`)}
					{route.member === null
						? null
						: ` · ${words.say(route.loads ? "chat.was-loaded" : "chat.already-loaded")}`}
				</span>
				<Icon name="down" className="chev" />
			</button>
			{open ? <RouteReasons message={message} route={route} changeable={props.changeable} /> : null}
		</>
	);
}

function Waiting({ message }: { readonly message: ChatMessage }): ReactNode {
	const words = useWords();
	const model = message.model ?? "";
	const load = useCore(
		(state) =>
			state.operations.find(
				(operation) =>
					operation.kind === "load" && normalizeModelName(operation.name ?? "") === normalizeModelName(model),
			) ?? null,
	);
	const held = useCore((state) => state.watchdog.emergency !== null);
	// The machine is sampled every second while anybody looks; that is clock enough.
	const now = useCore((state) => state.machine?.sample.at ?? null);
	const name = modelLabel(model).spoken;
	if (held) return <Held />;
	const progress = load?.progress ?? null;
	// Where the process cannot be seen, the last load says how far this one will be.
	const expectedMs = message.expectedLoadMs;
	const soFarMs = load?.startedAt == null || now === null ? null : Math.max(0, now - load.startedAt);
	const share =
		progress !== null && progress.totalBytes > 0
			? progress.doneBytes / progress.totalBytes
			: expectedMs !== null && soFarMs !== null
				? Math.min(0.95, soFarMs / expectedMs)
				: null;
	const leftMs = expectedMs === null || soFarMs === null ? null : expectedMs - soFarMs;
	return (
		<div className="waiting">
			<div className="line">
				<span>
					{load === null
						? words.say("chat.reads-question", { model: name })
						: progress === null
							? words.say("ui.loading-model", { model: name })
							: words.say("ui.loading-model-figures", { model: name, ...progress })}
				</span>
				{leftMs === null || leftMs < 500 ? null : (
					<span className="muted">{words.say("chat.about-left", { duration: words.duration(leftMs) })}</span>
				)}
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
			<div className="line">
				<span className="muted">
					{load === null
						? ""
						: message.steps.length === 0
							? words.say("chat.nothing-goes")
							: words.say("chat.goes-first", { models: message.steps.map((step) => step.name).join(", ") })}
				</span>
				<button
					type="button"
					className="button button-small button-plain"
					onClick={() => act(() => api.stopAnswer(null))}
				>
					{words.say("ui.cancel")}
				</button>
			</div>
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
			<p>{words.say("chat.question-kept")}</p>
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

/** Somebody else who could answer: loaded if possible, seeing where there are pictures; null where there is nobody. */
function anotherModel({ installed, loaded, chat, budget }: AppState, message: ChatMessage): string | null {
	const at = chat.messages.findIndex(({ id }) => id === message.id);
	const pictures = (chat.messages[at - 1]?.pictures.length ?? 0) > 0;
	const able = installed.filter(
		({ name, capabilities }) =>
			name !== message.model &&
			!capabilities.includes("embedding") &&
			(!pictures || capabilities.includes("vision")),
	);
	const isLoaded = (key: string) => loaded.some((each) => each.key === key);
	const fits = (key: string) =>
		budget?.fits.some((each) => each.key === key && each.outcome === "fits") ?? true;
	const best =
		able.find(({ key }) => isLoaded(key)) ??
		able
			.toSorted((a, b) => b.sizeBytes - a.sizeBytes)
			.find(({ key, location }) => location === "local" && fits(key));
	return best?.name ?? null;
}

function Broken({ message, last }: { readonly message: ChatMessage; readonly last: boolean }): ReactNode {
	const words = useWords();
	const error = AppError.from(message.error ?? { code: "stream-broken", params: {} });
	const other = useCore((state) => anotherModel(state, message));
	const smaller = message.contextTokens === null ? 0 : Math.floor(message.contextTokens / 2);
	return (
		<div className="notice notice-elevated" role="alert">
			<div className="notice-head">
				<Icon name="warn" />
				<h2>{words.say(message.text === "" ? "chat.no-answer" : "chat.broke-off")}</h2>
			</div>
			<p>
				{words.render(error.said)} {words.render(error.next)}
			</p>
			{last ? (
				<div className="actions">
					<button
						type="button"
						className="button button-small button-primary"
						onClick={() => act(() => api.retryAnswer({}))}
					>
						{words.say("chat.ask-again")}
					</button>
					{other === null ? null : (
						<button
							type="button"
							className="button button-small"
							onClick={() => act(() => api.retryAnswer({ model: other }))}
						>
							{words.say("chat.use-other", { model: modelLabel(other).spoken })}
						</button>
					)}
					{smaller < SMALLEST_CONTEXT || message.model === null ? null : (
						<button
							type="button"
							className="button button-small button-plain"
							onClick={() => {
								const model = message.model ?? "";
								act(() => api.retryAnswer({ model, contextLength: smaller }));
							}}
						>
							{words.say("chat.smaller-context", { context: words.context(smaller) })}
						</button>
					)}
				</div>
			) : null}
		</div>
	);
}

function SmallPrint({ message, last }: { readonly message: ChatMessage; readonly last: boolean }): ReactNode {
	const words = useWords();
	const { figures } = message;
	const parts = [
		message.route === null || message.model === null ? null : modelLabel(message.model).spoken,
		figures?.tokensPerSecond ? words.say("chat.speed", { count: Math.round(figures.tokensPerSecond) }) : null,
		figures?.firstTokenMs
			? words.say("chat.first-word", { duration: words.duration(figures.firstTokenMs) })
			: null,
		figures?.loadMs && figures.loadMs > 500
			? words.say("chat.loaded-in", { duration: words.duration(figures.loadMs) })
			: null,
		figures?.contextFull ? words.say("chat.context-full") : null,
	].filter((part) => part !== null);
	return (
		<div className="small-print">
			<span>{parts.join(" · ")}</span>
			{message.text === "" ? null : (
				<button
					type="button"
					className="icon-button icon-button-small"
					aria-label={words.say("chat.copy-answer")}
					onClick={() => void navigator.clipboard.writeText(message.text)}
				>
					<Icon name="copy" />
				</button>
			)}
			{last ? (
				<button
					type="button"
					className="icon-button icon-button-small"
					aria-label={words.say("chat.ask-again")}
					onClick={() => act(() => api.retryAnswer({}))}
				>
					<Icon name="refresh" />
				</button>
			) : null}
		</div>
	);
}
