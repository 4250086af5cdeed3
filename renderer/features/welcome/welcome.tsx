import { type ReactNode, useState } from "react";
import { api } from "../../api.ts";
import { act, useCore } from "../../store.ts";
import { useWords } from "../../words.tsx";
import icon from "./icon.svg";

/** Ends the first run for good. */
function begin(): void {
	act(() => api.changeSettings({ app: { welcomed: true } }));
}

/** The first start, in at most three steps: what was found, what Plimsoll does, whether it opens at login. */
export function Welcome(): ReactNode {
	const words = useWords();
	const [step, setStep] = useState(0);
	const login = useCore((state) => state.shell.loginItem);
	const steps = login === "unsupported" ? 2 : 3;
	const last = step === steps - 1;
	return (
		<div className="body">
			<div className="content">
				<div className="empty empty-tall welcome">
					<img className="app-icon" src={icon} alt="" />
					{step === 0 ? <Found /> : step === 1 ? <Does /> : <AtLogin />}
					<p className="fine">{words.say("ui.welcome-step", { step: step + 1, steps })}</p>
					<div className="actions">
						{step === 0 ? null : (
							<button type="button" className="button" onClick={() => setStep(step - 1)}>
								{words.say("ui.back")}
							</button>
						)}
						<button
							type="button"
							className="button button-primary"
							onClick={() => (last ? begin() : setStep(step + 1))}
						>
							{words.say(last ? "ui.welcome-begin" : "ui.welcome-next")}
						</button>
					</div>
				</div>
			</div>
		</div>
	);
}

function Found(): ReactNode {
	const words = useWords();
	const engine = useCore((state) => state.engine);
	const models = useCore((state) => state.installed.length);
	const total = useCore((state) => state.machine?.sample.totalBytes ?? null);
	const simulated = engine.connection.state === "connected" && engine.kind === "demo";
	const found =
		engine.connection.state !== "connected"
			? words.say("ui.welcome-no-engine")
			: engine.kind === "demo"
				? words.say(engine.source === "demo" ? "ui.welcome-demo" : "ui.welcome-demo-chosen")
				: words.say("ui.welcome-engine", { version: engine.version ?? "", count: models });
	return (
		<>
			<h2>{words.say("ui.welcome-title")}</h2>
			<p>
				{total === null
					? ""
					: words.say(simulated ? "ui.welcome-machine-demo" : "ui.welcome-machine", { bytes: total })}
			</p>
			<p>{found}</p>
		</>
	);
}

function Does(): ReactNode {
	const words = useWords();
	return (
		<>
			<h2>{words.say("ui.welcome-does-title")}</h2>
			<p>{words.say("ui.welcome-does")}</p>
			<p>{words.say("ui.welcome-does-not")}</p>
		</>
	);
}

function AtLogin(): ReactNode {
	const words = useWords();
	const login = useCore((state) => state.shell.loginItem);
	const on = login === "enabled" || login === "requires-approval";
	return (
		<>
			<h2>{words.say("ui.welcome-login-title")}</h2>
			<p>{words.say("ui.welcome-login")}</p>
			<label className="check">
				<input
					type="checkbox"
					checked={on}
					onChange={(event) => act(() => api.setOpenAtLogin({ open: event.target.checked }))}
				/>
				{words.say("ui.open-at-login")}
			</label>
			{login === "requires-approval" ? <p className="fine">{words.say("ui.login-approval")}</p> : null}
		</>
	);
}
