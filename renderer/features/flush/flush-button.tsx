import type { ReactNode } from "react";
import { api } from "../../api.ts";
import { Icon } from "../../icon.tsx";
import { act, useCore } from "../../store.ts";
import { useWords } from "../../words.tsx";

/** Unloads everything with one click; stops waiting while it runs. */
export function FlushButton(): ReactNode {
	const running = useCore(
		(state) => state.operations.find((operation) => operation.kind === "flush") ?? null,
	);
	const anything = useCore((state) => state.loaded.length > 0);
	const level = useCore((state) => state.machine?.level ?? "normal");
	const words = useWords();
	if (running !== null) {
		return (
			<button
				type="button"
				className="button button-small"
				onClick={() => act(() => api.cancel({ operationId: running.id }))}
			>
				{words.say("ui.stop")}
			</button>
		);
	}
	if (!anything) return null;
	const look = level === "critical" ? " button-critical" : level === "high" ? " button-primary" : "";
	return (
		<button type="button" className={`button button-small${look}`} onClick={() => act(() => api.flush(null))}>
			<Icon name="flush" />
			{words.say("ui.flush")}
		</button>
	);
}
