import type { ReactNode } from "react";
import type { LoadedModel } from "../../../shared/model.ts";
import { useWords, type Words } from "../../words.tsx";

/** Time left in words that change once a minute, so that a row is not redrawn every second. */
function leaving(model: LoadedModel, minutesLeft: number, words: Words): string {
	if (model.expiresAt === null || model.pinned) return words.say("ui.stays");
	return minutesLeft < 1 ? words.say("ui.leaves-soon") : words.say("ui.leaves", { minutes: minutesLeft });
}

/** Less than this past the load line is not worth a word. */
const WORTH_SAYING_BYTES = 50 * 1024 ** 2;

/** The small print of a loaded model: what it does or is, its context, how long it stays. */
export function LoadedMeta(props: {
	readonly model: LoadedModel;
	/** What it does; empty while it is idle. */
	readonly state: string;
	/** What is wrong with it, or null. */
	readonly odd: string | null;
	/** How far its load is, or null. */
	readonly percent: number | null;
	readonly minutesLeft: number;
	readonly wouldGo: boolean;
	readonly grownBytes: number;
	readonly pastBytes: number;
}): ReactNode {
	const { model, state, odd, percent, grownBytes, pastBytes } = props;
	const words = useWords();
	const live = model.state === "busy" || model.state === "draining" || model.state === "unloading";
	if (props.wouldGo) return <div className="meta">{words.say("ui.would-be-unloaded")}</div>;
	const calm = odd === null && state === "";
	const context = words.say("ui.context", { context: words.context(model.contextLength) });
	if (calm && grownBytes > 0)
		return (
			<div className="meta">
				{words.say("ui.grown-by", { bytes: grownBytes })}
				<span className="dot" />
				{context}
			</div>
		);
	if (calm && pastBytes >= WORTH_SAYING_BYTES)
		return (
			<div className="meta">
				<span className="is-over">{words.say("ui.past-line", { bytes: pastBytes })}</span>
			</div>
		);
	return (
		<div className="meta">
			{odd === null && state !== "" ? (
				<>
					<span className={live ? "live" : ""}>
						{percent === null ? state : words.say("ui.loading-percent", { percent })}
					</span>
					{model.contextLength > 0 || model.state !== "loading" ? <span className="dot" /> : null}
				</>
			) : null}
			{odd ?? (model.contextLength > 0 ? context : "")}
			{calm && model.gpuShare > 0 && model.gpuShare < 1 ? (
				<>
					<span className="dot" />
					{words.say("ui.gpu-share", { percent: Math.round(model.gpuShare * 100) })}
				</>
			) : null}
			{calm ? (
				<>
					<span className="dot" />
					{leaving(model, props.minutesLeft, words)}
				</>
			) : null}
		</div>
	);
}
