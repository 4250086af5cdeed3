import { Fragment, type ReactNode } from "react";
import { loopMessage, loopTip, type ReloadLoop } from "../../../shared/reload-loop.ts";
import { Icon } from "../../icon.tsx";
import { useWords } from "../../words.tsx";

/** Models that are loaded over and over by requests in turn, each with the setting that ends it. */
export function LoopNotice({ loops }: { readonly loops: readonly ReloadLoop[] }): ReactNode {
	const words = useWords();
	return (
		<div className="notice" role="status">
			<div className="notice-head">
				<Icon name="warn" />
				<h2>{words.say("ui.loop")}</h2>
			</div>
			{loops.map((loop) => (
				<Fragment key={`${loop.because} ${loop.models.join(" ")}`}>
					<p>{words.render(loopMessage(loop))}</p>
					<p>{words.render(loopTip(loop))}</p>
				</Fragment>
			))}
		</div>
	);
}
