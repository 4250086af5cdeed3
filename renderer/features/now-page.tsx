import { type ReactNode, useState } from "react";
import { onDemand } from "../on-demand.tsx";
import { useCore, usePopover } from "../store.ts";
import { useWords } from "../words.tsx";
import { EngineNotice } from "./engine/engine-notice.tsx";
import { Headline } from "./headline/headline.tsx";
import { Hull } from "./hull/hull.tsx";
import { InstalledSection } from "./installed/installed-section.tsx";
import { LoadedSection } from "./loaded/loaded-section.tsx";
import { LastProblem } from "./problem/problem.tsx";
import { BringBackRows } from "./watchdog/bring-back-rows.tsx";
import { EmergencyNotice } from "./watchdog/emergency-notice.tsx";

const EngineEmpty = onDemand(async () => (await import("./engine/engine-empty.tsx")).EngineEmpty);
const FlushNotice = onDemand(async () => (await import("./flush/flush-result.tsx")).FlushNotice);
const ReleaseNotice = onDemand(async () => (await import("./flush/flush-result.tsx")).ReleaseNotice);
const PressureDetail = onDemand(async () => (await import("./headline/pressure-detail.tsx")).PressureDetail);

/** The first glance: am I fine, what is loaded, what can I do. */
export function NowPage({ onActivity }: { readonly onActivity: () => void }): ReactNode {
	const [lit, setLit] = useState<string | null>(null);
	const [pointed, setPointed] = useState<string | null>(null);
	const preview = useCore((state) => state.budget?.fits.find(({ key }) => key === pointed) ?? null);
	const [pressureOpen, setPressureOpen] = useState(false);
	const litModel = useCore((state) => state.loaded.find((model) => model.key === lit) ?? null);
	const showsModels = useCore(
		(state) => state.engine.connection.state === "connected" || state.loaded.length > 0,
	);
	const flushed = useCore((state) => state.lastFlush !== null);
	const released = usePopover((store) => store.release !== null);
	const connected = useCore((state) => state.engine.connection.state === "connected");
	const words = useWords();
	return (
		<div className="body">
			<section className="hero" aria-label={words.say("ui.memory")}>
				<Headline
					lit={litModel}
					preview={preview}
					pressureOpen={pressureOpen}
					onPressure={() => setPressureOpen(!pressureOpen)}
				/>
				<Hull lit={litModel === null ? null : litModel.key} preview={preview} />
			</section>
			<div className="content">
				{pressureOpen ? (
					<div id="pressure-detail">
						<PressureDetail />
					</div>
				) : null}
				<EmergencyNotice onActivity={onActivity} />
				<LastProblem />
				{flushed ? <FlushNotice /> : null}
				{released ? <ReleaseNotice /> : null}
				{showsModels ? (
					<>
						<EngineNotice />
						<LoadedSection onLit={setLit} preview={preview} />
						<BringBackRows />
						<div className="rule" />
						{connected ? <InstalledSection onPoint={setPointed} /> : null}
					</>
				) : (
					<EngineEmpty />
				)}
			</div>
		</div>
	);
}
