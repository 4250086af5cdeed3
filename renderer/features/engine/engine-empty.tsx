import type { ReactNode } from "react";
import { api } from "../../api.ts";
import { Mark } from "../../icon.tsx";
import { act, useCore } from "../../store.ts";
import { useWords } from "../../words.tsx";
import { Unreachable, useEverySecond } from "./engine-notice.tsx";

/** What stands in place of the models while there is no engine; each state with a way on. */
export function EngineEmpty(): ReactNode {
	const { connection, launcher, url } = useCore((state) => state.engine);
	const words = useWords();
	switch (connection.state) {
		case "connecting":
			return (
				<div className="empty empty-tall">
					<Mark name="busy" />
					<h2>{words.say("ui.connecting")}</h2>
					<p>{words.say("ui.connecting-to", { url })}</p>
				</div>
			);
		case "starting":
			return <Starting sinceAt={connection.sinceAt} />;
		case "not-installed":
			return (
				<div className="empty empty-tall">
					<Mark name="offline" />
					<h2>{words.say("ui.not-installed")}</h2>
					<p>{words.say("ui.not-installed-why")}</p>
					<div className="actions">
						<button
							type="button"
							className="button button-primary"
							onClick={() => act(() => api.openPlace({ place: "ollama-download" }))}
						>
							{words.say("ui.get-ollama")}
						</button>
						<button type="button" className="button" onClick={() => act(() => api.startDemo(null))}>
							{words.say("ui.try-demo")}
						</button>
					</div>
					<p className="fine">{words.say("ui.demo-fine-print")}</p>
				</div>
			);
		case "unreachable":
			return launcher !== null && connection.because === "refused" ? (
				<div className="empty empty-tall">
					<Mark name="offline" />
					<h2>{words.say("ui.not-running")}</h2>
					<p>{words.say("ui.not-running-why")}</p>
					<div className="actions">
						<button
							type="button"
							className="button button-primary"
							onClick={() => act(() => api.startEngine(null))}
						>
							{words.say("ui.start-ollama")}
						</button>
						<button type="button" className="button" onClick={() => act(() => api.startDemo(null))}>
							{words.say("ui.try-demo")}
						</button>
					</div>
				</div>
			) : (
				<Unreachable
					sinceAt={connection.sinceAt}
					nextTryAt={connection.nextTryAt}
					because={connection.because}
				/>
			);
		case "connected":
			return null;
	}
}

function Starting({ sinceAt }: { readonly sinceAt: number }): ReactNode {
	const words = useWords();
	const now = useEverySecond();
	return (
		<div className="empty empty-tall">
			<Mark name="busy" />
			<h2>{words.say("ui.starting")}</h2>
			<p>{words.say("ui.so-far", { seconds: Math.max(0, Math.round((now - sinceAt) / 1000)) })}</p>
			<div
				className="progress is-unsure progress-short"
				role="progressbar"
				aria-label={words.say("ui.starting")}
			>
				<i />
			</div>
		</div>
	);
}
