import { type FormEvent, type ReactNode, useState } from "react";
import { api } from "../../api.ts";
import { act } from "../../store.ts";
import { useWords } from "../../words.tsx";

/** Installs any model by its name. */
export function PullForm(): ReactNode {
	const words = useWords();
	const [name, setName] = useState("");
	const wanted = name.trim();

	function pull(event: FormEvent): void {
		event.preventDefault();
		if (wanted === "") return;
		setName("");
		act(() => api.pull({ model: wanted }));
	}

	return (
		<>
			<form className="pull" onSubmit={pull}>
				<input
					className="line-field"
					aria-label={words.say("ui.model-name")}
					placeholder="llama3.2:3b"
					maxLength={512}
					spellCheck={false}
					autoCapitalize="off"
					autoCorrect="off"
					value={name}
					onChange={(event) => setName(event.target.value)}
				/>
				<button type="submit" className="button" disabled={wanted === ""}>
					{words.say("ui.pull")}
				</button>
			</form>
			<p className="hint">{words.say("ui.pull-hint")}</p>
		</>
	);
}
