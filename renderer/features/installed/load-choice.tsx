import { type ReactNode, useEffect, useRef } from "react";
import type { FitVerdict } from "../../../shared/fit.ts";
import type { InstalledModel } from "../../../shared/model.ts";
import { api } from "../../api.ts";
import { modelLabel } from "../../model-label.ts";
import { act } from "../../store.ts";
import { useWords } from "../../words.tsx";
import { helpWords } from "../hull/preview.ts";

/** Asks how a model that is over should be loaded, with the figures of every way. */
export function LoadChoice(props: {
	readonly model: InstalledModel;
	readonly verdict: FitVerdict;
	/** Tokens it is to be loaded with; absent leaves them to the engine. */
	readonly contextLength?: number;
	readonly onClose: () => void;
}): ReactNode {
	const { model, verdict, onClose } = props;
	const words = useWords();
	const group = useRef<HTMLDivElement>(null);
	const { spoken } = modelLabel(model.name);
	const flush = verdict.help.find((help) => help.kind === "flush");
	const context = verdict.help.find((help) => help.kind === "context");
	const evicted = verdict.steps
		.filter(({ kind }) => kind === "evict")
		.map(({ name }) => modelLabel(name).base);
	const help = helpWords(verdict, words);
	const wanted = {
		model: model.name,
		...(props.contextLength === undefined ? {} : { contextLength: props.contextLength }),
	};

	useEffect(() => {
		group.current?.scrollIntoView({ block: "nearest" });
		group.current?.querySelector("button")?.focus({ preventScroll: true });
	}, []);

	function choose(action: () => Promise<unknown>): void {
		onClose();
		act(action);
	}

	const anyway =
		verdict.because === "memory"
			? evicted.length === 0
				? words.say("ui.choice-anyway-none", { bytes: -verdict.marginBytes })
				: words.say(evicted.length === 1 ? "ui.choice-anyway-one" : "ui.choice-anyway-many", {
						models: evicted.join(", "),
						bytes: -verdict.marginBytes,
					})
			: words.say("ui.choice-ceiling");

	return (
		<div
			ref={group}
			className="notice"
			role="group"
			aria-label={words.say("ui.load-model", { model: spoken })}
			onKeyDown={(event) => {
				if (event.key !== "Escape") return;
				event.stopPropagation();
				onClose();
			}}
		>
			<h2>{words.say("ui.choice-question", { model: spoken })}</h2>
			<div className="choices">
				{flush === undefined ? null : (
					<>
						<button
							type="button"
							className="button button-primary"
							onClick={() =>
								choose(async () => {
									await api.flush(null);
									await api.load(wanted);
								})
							}
						>
							{words.say("ui.choice-flush")}
						</button>
						<p>{words.say("ui.choice-flush-note", { bytes: Math.max(0, flush.spareBytes) })}</p>
					</>
				)}
				{context === undefined ? null : (
					<>
						<button
							type="button"
							className="button"
							onClick={() =>
								choose(() => api.load({ model: model.name, contextLength: context.contextLength }))
							}
						>
							{words.say("ui.choice-context", { context: words.context(context.contextLength) })}
						</button>
						<p>{words.say("ui.choice-context-note")}</p>
					</>
				)}
				<button
					type="button"
					className="button"
					onClick={() => choose(() => api.load({ ...wanted, force: true }))}
				>
					{words.say("ui.load-anyway")}
				</button>
				<p>{anyway}</p>
				<button type="button" className="button button-plain" onClick={onClose}>
					{words.say("ui.cancel")}
				</button>
				<p>{flush === undefined && context === undefined ? help : null}</p>
			</div>
		</div>
	);
}
