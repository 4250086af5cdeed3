import { type ReactNode, useId, useState } from "react";
import { useWords } from "../../words.tsx";

/** What a setting is called, and a word about it. */
function Name({ label, note }: { readonly label: string; readonly note?: string }): ReactNode {
	return (
		<>
			{label}
			{note === undefined ? null : <small>{note}</small>}
		</>
	);
}

/** A setting that is on or off. */
export function SwitchRow(props: {
	readonly label: string;
	readonly note?: string;
	readonly on: boolean;
	readonly disabled?: boolean;
	readonly onChange: (on: boolean) => void;
}): ReactNode {
	return (
		<label className="setting">
			<span>
				<Name {...props} />
			</span>
			<input
				className="switch"
				type="checkbox"
				role="switch"
				checked={props.on}
				disabled={props.disabled ?? false}
				onChange={(event) => props.onChange(event.target.checked)}
			/>
		</label>
	);
}

/** A setting with a few choices. */
export function ChoiceRow<Value extends string>(props: {
	readonly label: string;
	readonly note?: string;
	readonly value: Value;
	readonly choices: readonly (readonly [Value, string])[];
	readonly onChange: (value: Value) => void;
}): ReactNode {
	return (
		<label className="setting">
			<span>
				<Name {...props} />
			</span>
			<select
				className="popup"
				value={props.value}
				onChange={(event) => props.onChange(event.target.value as Value)}
			>
				{props.choices.map(([value, words]) => (
					<option key={value} value={value}>
						{words}
					</option>
				))}
			</select>
		</label>
	);
}

interface TextRowProps {
	readonly label: string;
	readonly note?: string;
	readonly value: string;
	readonly placeholder: string;
	readonly inputMode?: "numeric" | "decimal" | "url" | "text";
	/** What is wrong with a text, in words that stay below the field until it is right; null where nothing is. */
	readonly check?: (text: string) => string | null;
	readonly onChange: (value: string | null) => void;
}

/** A setting that is typed; it counts when the field is left or Return is pressed. Null where it was left empty. */
export function TextRow(props: TextRowProps): ReactNode {
	// A value that changes elsewhere begins a new field.
	return <TextField key={props.value} {...props} />;
}

function TextField(props: TextRowProps): ReactNode {
	const id = useId();
	const [text, setText] = useState(props.value);
	const [problem, setProblem] = useState<string | null>(null);
	const take = () => {
		const typed = text.trim();
		const wrong = typed === props.value ? null : (props.check?.(typed) ?? null);
		setProblem(wrong);
		if (wrong === null && typed !== props.value) props.onChange(typed === "" ? null : typed);
	};
	return (
		<div className="setting setting-wide">
			<label htmlFor={id}>
				<Name {...props} />
			</label>
			<input
				id={id}
				className="line-field"
				value={text}
				placeholder={props.placeholder}
				inputMode={props.inputMode ?? "text"}
				spellCheck={false}
				autoCapitalize="off"
				aria-invalid={problem !== null}
				aria-describedby={problem === null ? undefined : `${id}-problem`}
				onChange={(event) => setText(event.target.value)}
				onBlur={take}
				onKeyDown={(event) => {
					if (event.key === "Enter") take();
				}}
			/>
			{problem === null ? null : (
				<small id={`${id}-problem`} className="setting-problem" role="alert">
					{problem}
				</small>
			)}
		</div>
	);
}

/** A figure that is only told. */
export function FactRow(props: {
	readonly label: string;
	readonly value: string;
	readonly note?: string;
}): ReactNode {
	return (
		<div className="setting">
			<span>
				<Name {...props} />
			</span>
			<span className="value">{props.value}</span>
		</div>
	);
}

/** A text to be copied. */
export function SnippetRow({ text }: { readonly text: string }): ReactNode {
	const words = useWords();
	const [copied, setCopied] = useState(false);
	return (
		<div className="setting setting-wide">
			<div className="snippet">
				<span>{text}</span>
				<button
					type="button"
					className="button button-small button-plain"
					onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
				>
					{words.say(copied ? "ui.copied" : "ui.copy")}
				</button>
			</div>
		</div>
	);
}
