import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import type { ContextChoice } from "../../../shared/ipc.ts";
import type { InstalledModel } from "../../../shared/model.ts";
import { api } from "../../api.ts";
import { modelLabel } from "../../model-label.ts";
import { act, useCore } from "../../store.ts";
import { useWords } from "../../words.tsx";

/** What can be done with an installed model: load it with a context, or delete it. */
export function LoadMenu(props: {
	readonly model: InstalledModel;
	readonly onDelete: () => void;
	readonly onClose: () => void;
}): ReactNode {
	const { model, onClose } = props;
	const words = useWords();
	const accuracy = useCore((state) => state.budget?.accuracy ?? null);
	const [choices, setChoices] = useState<readonly ContextChoice[] | null>(null);
	const menu = useRef<HTMLDivElement>(null);
	const { spoken } = modelLabel(model.name);

	useEffect(() => {
		let wanted = true;
		api.contextChoices({ model: model.name }).then(
			(answer) => wanted && setChoices(answer),
			() => wanted && setChoices([]),
		);
		return () => {
			wanted = false;
		};
	}, [model.name]);

	useEffect(() => {
		if (choices === null) return;
		menu.current?.querySelector("button")?.focus({ preventScroll: true });
		menu.current?.scrollIntoView({ block: "nearest" });
	}, [choices]);

	useEffect(() => {
		const away = (event: Event) => {
			if (!menu.current?.contains(event.target as Node)) onClose();
		};
		document.addEventListener("pointerdown", away);
		return () => document.removeEventListener("pointerdown", away);
	}, [onClose]);

	function onKeyDown(event: KeyboardEvent<HTMLDivElement>): void {
		const items = [...(menu.current?.querySelectorAll("button") ?? [])];
		const at = items.indexOf(document.activeElement as HTMLButtonElement);
		if (event.key === "Escape" || event.key === "Tab") onClose();
		else if (event.key === "ArrowDown") items[(at + 1) % items.length]?.focus();
		else if (event.key === "ArrowUp") items[(at - 1 + items.length) % items.length]?.focus();
		else return;
		event.preventDefault();
		event.stopPropagation();
	}

	function load(choice: ContextChoice): void {
		onClose();
		act(() =>
			api.load(
				choice.isDefault ? { model: model.name } : { model: model.name, contextLength: choice.contextLength },
			),
		);
	}

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
			{choices?.map((choice) => (
				<button key={choice.contextLength} type="button" role="menuitem" onClick={() => load(choice)}>
					<span>
						{words.say(choice.isDefault ? "ui.context-usual" : "ui.context", {
							context: words.context(choice.contextLength),
						})}
					</span>
					<span />
					<b>{words.say("ui.about-gb", { bytes: choice.footprintBytes })}</b>
				</button>
			))}
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
