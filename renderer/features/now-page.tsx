import { type ReactNode, useState } from "react";
import { useCore } from "../store.ts";
import { useWords } from "../words.tsx";
import { EngineEmpty, EngineNotice } from "./engine/engine-notice.tsx";
import { FlushNotice, ReleaseNotice } from "./flush/flush-result.tsx";
import { Headline } from "./headline/headline.tsx";
import { PressureDetail } from "./headline/pressure-detail.tsx";
import { Hull } from "./hull/hull.tsx";
import { InstalledSection } from "./installed/installed-section.tsx";
import { LoadedSection } from "./loaded/loaded-section.tsx";
import { LastProblem } from "./problem/problem.tsx";

/** The first glance: am I fine, what is loaded, what can I do. */
export function NowPage(): ReactNode {
	const [lit, setLit] = useState<string | null>(null);
	const [pressureOpen, setPressureOpen] = useState(false);
	const litModel = useCore((state) => state.loaded.find((model) => model.key === lit) ?? null);
	const showsModels = useCore(
		(state) => state.engine.connection.state === "connected" || state.loaded.length > 0,
	);
	const connected = useCore((state) => state.engine.connection.state === "connected");
	const words = useWords();
	return (
		<div className="body">
			<section className="hero" aria-label={words.say("ui.memory")}>
				<Headline
					lit={litModel}
					pressureOpen={pressureOpen}
					onPressure={() => setPressureOpen(!pressureOpen)}
				/>
				<Hull lit={litModel === null ? null : litModel.key} />
			</section>
			<div className="content">
				{pressureOpen ? <PressureDetail /> : null}
				<LastProblem />
				<FlushNotice />
				<ReleaseNotice />
				{showsModels ? (
					<>
						<EngineNotice />
						<LoadedSection onLit={setLit} />
						<div className="rule" />
						{connected ? <InstalledSection /> : null}
					</>
				) : (
					<EngineEmpty />
				)}
			</div>
		</div>
	);
}
