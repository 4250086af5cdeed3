import { type ReactNode, useState } from "react";
import type { FitVerdict } from "../../shared/fit.ts";
import { onDemand } from "../on-demand.tsx";
import { useCore, usePopover } from "../store.ts";
import { laterWords, useWords } from "../words.tsx";
import { EngineNotice } from "./engine/engine-notice.tsx";
import { Headline } from "./headline/headline.tsx";
import { Hull } from "./hull/hull.tsx";
import { InstalledSection } from "./installed/installed-section.tsx";
import { LoadedSection } from "./loaded/loaded-section.tsx";
import { LastProblem } from "./problem/problem.tsx";

const BringBackRows = onDemand(async () => (await import("./watchdog/bring-back-rows.tsx")).BringBackRows);
const EmergencyNotice = onDemand(
	async () => (await import("./watchdog/emergency-notice.tsx")).EmergencyNotice,
);
const EngineEmpty = onDemand(async () => (await import("./engine/engine-empty.tsx")).EngineEmpty);
const FlushNotice = onDemand(async () => (await import("./flush/flush-result.tsx")).FlushNotice);
const LoopNotice = onDemand(async () => {
	const [{ LoopNotice: notice }] = await Promise.all([import("./loaded/loop-notice.tsx"), laterWords()]);
	return notice;
});
const ReleaseNotice = onDemand(async () => (await import("./flush/flush-result.tsx")).ReleaseNotice);
const PressureDetail = onDemand(async () => (await import("./headline/pressure-detail.tsx")).PressureDetail);

/** The first glance: am I fine, what is loaded, what can I do. */
export function NowPage(props: { readonly onActivity: () => void; readonly onTeam: () => void }): ReactNode {
	const { onActivity, onTeam } = props;
	const [lit, setLit] = useState<string | null>(null);
	const [pointed, setPointed] = useState<string | null>(null);
	/** A load with a context that is weighed in a menu; it counts before a row that is pointed at. */
	const [weighed, setWeighed] = useState<FitVerdict | null>(null);
	const preview = useCore(
		(state) => weighed ?? state.budget?.fits.find(({ key }) => key === pointed) ?? null,
	);
	const [pressureOpen, setPressureOpen] = useState(false);
	const litModel = useCore((state) => state.loaded.find((model) => model.key === lit) ?? null);
	const showsModels = useCore(
		(state) => state.engine.connection.state === "connected" || state.loaded.length > 0,
	);
	const flushed = useCore((state) => state.lastFlush !== null);
	const released = usePopover((store) => store.release !== null);
	const bringsBack = useCore((state) => state.watchdog.bringsBack.length > 0);
	const hasNotice = useCore(
		({ watchdog }) =>
			watchdog.emergency !== null || watchdog.lastEmergency !== null || watchdog.othersPressure !== null,
	);
	const loops = useCore((state) => state.reloadLoops);
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
				{hasNotice ? <EmergencyNotice onActivity={onActivity} /> : null}
				<LastProblem />
				{flushed ? <FlushNotice /> : null}
				{released ? <ReleaseNotice /> : null}
				{showsModels ? (
					<>
						<EngineNotice />
						{loops.length > 0 ? <LoopNotice loops={loops} /> : null}
						<LoadedSection onLit={setLit} onWeigh={setWeighed} preview={preview} />
						{bringsBack ? <BringBackRows /> : null}
						<div className="rule" />
						{connected ? (
							<InstalledSection onPoint={setPointed} onWeigh={setWeighed} onTeam={onTeam} />
						) : null}
					</>
				) : (
					<EngineEmpty />
				)}
			</div>
		</div>
	);
}
