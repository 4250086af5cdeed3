import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import type { FitVerdict } from "../../../shared/fit.ts";
import type { ContextChoice } from "../../../shared/ipc.ts";
import type { InstalledModel } from "../../../shared/model.ts";
import { api } from "../../api.ts";
import { modelLabel } from "../../model-label.ts";
import { act, useCore } from "../../store.ts";
import { useWords } from "../../words.tsx";
import { fitNote } from "../hull/preview.ts";
import { LoadChoice } from "./load-choice.tsx";

/** One context that is offered, as core judges a load with it now; null where nothing is judged. */
interface JudgedChoice extends ContextChoice {
	readonly verdict: FitVerdict | null;
}

/** The contexts a model can be loaded with, each judged; empty where too little is known of the model. */
async function judgedChoices(model: string): Promise<readonly JudgedChoice[]> {
	const choices = await api.contextChoices({ model });
	return Promise.all(
		choices.map(async (choice) => ({
			...choice,
			verdict: await api.fit({ model, contextLength: choice.contextLength }).catch(() => null),
		})),
	);
}

/** What can be done with a model on disk: load it with a context, or delete it. */
export function LoadMenu(props: {
	readonly model: InstalledModel;
	/** The load whose item has the focus, to be shown on the hull; null when none has. */
	readonly onWeigh: (verdict: FitVerdict | null) => void;
	readonly onDelete: () => void;
	readonly onClose: () => void;
}): ReactNode {
	const { model, onWeigh, onClose } = props;
	const words = useWords();
	const accuracy = useCore((state) => state.budget?.accuracy ?? null);
	const loadedWith = useCore(
		(state) => state.loaded.find(({ key }) => key === model.key)?.contextLength ?? null,
	);
	const [choices, setChoices] = useState<readonly JudgedChoice[] | null>(null);
	/** The context whose item has the focus. */
	const [context, setContext] = useState<number | null>(null);
	const [asked, setAsked] = useState<FitVerdict | null>(null);
	const menu = useRef<HTMLDivElement>(null);
	const { spoken } = modelLabel(model.name);
	const weighed =
		asked ??
		(context === loadedWith
			? null
			: (choices?.find(({ contextLength }) => contextLength === context)?.verdict ?? null));

	useEffect(() => {
		let wanted = true;
		judgedChoices(model.name).then(
			(answer) => wanted && setChoices(answer),
			() => wanted && setChoices([]),
		);
		return () => {
			wanted = false;
		};
	}, [model.name]);

	useEffect(() => {
		onWeigh(weighed);
		return () => onWeigh(null);
	}, [onWeigh, weighed]);

	useEffect(() => {
		if (choices === null) return;
		menu.current?.querySelector("button")?.focus({ preventScroll: true });
		menu.current?.scrollIntoView({ block: "nearest" });
	}, [choices]);

	useEffect(() => {
		const away = ({ target }: Event) => {
			if (menu.current === null || menu.current.contains(target as Node)) return;
			// The button that opened it closes it by itself.
			if ((target as Element).closest("[aria-haspopup=menu][aria-expanded=true]") === null) onClose();
		};
		document.addEventListener("pointerdown", away);
		return () => document.removeEventListener("pointerdown", away);
	}, [onClose]);

	function onKeyDown(event: KeyboardEvent<HTMLDivElement>): void {
		const items = [...(menu.current?.querySelectorAll("button") ?? [])];
		const at = items.indexOf(document.activeElement as HTMLButtonElement);
		if (event.key === "Escape" || event.key === "Tab") onClose();
		else if (event.key === "ArrowDown") items[(at + 1) % items.length]?.focus();
		else if (event.key === "ArrowUp") items.at(at <= 0 ? -1 : at - 1)?.focus();
		else return;
		event.preventDefault();
		event.stopPropagation();
	}

	function load({ contextLength, isDefault, verdict }: JudgedChoice): void {
		if (verdict?.outcome === "over") {
			setAsked(verdict);
			return;
		}
		onClose();
		act(() => api.load(isDefault ? { model: model.name } : { model: model.name, contextLength }));
	}

	function noteOf({ contextLength, verdict }: JudgedChoice): {
		readonly text: string;
		readonly over: boolean;
	} {
		if (contextLength === loadedWith) return { text: words.say("ui.note-as-loaded"), over: false };
		const { text, over } = fitNote(verdict, words);
		return { text: text === "" && verdict !== null ? words.say("ui.note-fits") : text, over };
	}

	if (asked !== null)
		return <LoadChoice model={model} verdict={asked} contextLength={asked.contextLength} onClose={onClose} />;
	return (
		<div
			ref={menu}
			className="menu menu-inline"
			role="menu"
			tabIndex={-1}
			aria-label={words.say("ui.load-menu", { model: spoken })}
			onKeyDown={onKeyDown}
		>
			<p role="presentation">
				{choices === null ? words.say("ui.contexts-asked") : words.say("ui.load-with", { model: spoken })}
			</p>
			{choices?.map((choice) => {
				const { contextLength, footprintBytes, isDefault, verdict } = choice;
				const note = noteOf(choice);
				return (
					<button
						key={contextLength}
						type="button"
						role="menuitem"
						onClick={() => load(choice)}
						// As in every menu, what is pointed at is what the keys go on from.
						onMouseEnter={(event) => event.currentTarget.focus({ preventScroll: true })}
						onFocus={() => setContext(contextLength)}
						onBlur={() => setContext(null)}
					>
						<span>
							{words.say(isDefault ? "ui.context-usual" : "ui.context", {
								context: words.context(contextLength),
							})}
						</span>{" "}
						<span className={note.over ? "is-over" : ""}>{note.text}</span>{" "}
						<b>{words.say("ui.about-gb", { bytes: verdict?.footprint.totalBytes ?? footprintBytes })}</b>
					</button>
				);
			})}
			{accuracy === null ? null : (
				<p role="presentation">
					{words.say("ui.accuracy", {
						percent: accuracy.meanErrorPercent.toLocaleString(words.language),
						count: accuracy.loads,
					})}
				</p>
			)}
			<hr />
			<button
				type="button"
				role="menuitem"
				onMouseEnter={(event) => event.currentTarget.focus({ preventScroll: true })}
				onClick={() => {
					onClose();
					props.onDelete();
				}}
			>
				<span>{words.say("ui.delete-from-disk")}</span>
				<span />
				<b>{words.gb(model.sizeBytes)}</b>
			</button>
		</div>
	);
}
