import { type ReactNode, useState } from "react";
import type { ChatMessage } from "../../../shared/chat.ts";
import { type Candidate, DOMAINS, type Domain, type RouteDecision } from "../../../shared/router.ts";
import { api } from "../../api.ts";
import { Icon } from "../../icon.tsx";
import { modelLabel } from "../../model-label.ts";
import { act, useCore } from "../../store.ts";
import { useWords } from "../../words.tsx";

/** Why a member was taken, who else there was, and ways to decide otherwise. */
export function RouteReasons(props: {
	readonly message: ChatMessage;
	readonly route: RouteDecision;
	/** It is the newest answer and none is coming, so that it can be given by somebody else. */
	readonly changeable: boolean;
}): ReactNode {
	const { message, route, changeable } = props;
	const words = useWords();
	const members = useCore((state) => state.team.team.members);
	const [correcting, setCorrecting] = useState(false);
	const nameOf = (candidate: Candidate) =>
		members.find(({ id }) => id === candidate.member)?.name ?? modelLabel(candidate.model).spoken;
	const { domain, complexity } = route.requirements;
	return (
		<div className="reasons" id={`reasons-${message.id}`}>
			<p>
				{words.say("chat.about", { domain: words.say(`route.domain-${domain}`), complexity })}{" "}
				{words.render(route.why)}{" "}
				<button type="button" aria-expanded={correcting} onClick={() => setCorrecting(!correcting)}>
					{words.say("chat.wrong-topic")}
				</button>
			</p>
			{correcting ? (
				<div className="topics" role="group" aria-label={words.say("chat.what-about")}>
					{DOMAINS.filter((each) => each !== domain).map((each: Domain) => (
						<button
							key={each}
							type="button"
							className="button button-small"
							onClick={() => {
								setCorrecting(false);
								act(() => api.correctRoute({ messageId: message.id, domain: each }));
							}}
						>
							{words.say(`route.domain-${each}`)}
						</button>
					))}
				</div>
			) : null}
			{route.candidates.map((candidate) => {
				const taken = candidate.member === route.member?.id;
				const passedOver = candidate.rank === null && !taken;
				const name = nameOf(candidate);
				return (
					<div key={candidate.member} className={`candidate${taken ? " is-taken" : ""}`}>
						<Icon name={taken ? "check" : passedOver ? "skip" : "dot"} />
						<div>
							<b>
								<bdi>{name}</bdi>
							</b>
							<span>{words.say(`chat.reason-${candidate.reason}`)}</span>
						</div>
						{taken ? (
							<MemberForAll id={candidate.member} name={name} />
						) : changeable && candidate.reason !== "not-installed" ? (
							<button
								type="button"
								className="button button-small"
								aria-label={words.say("chat.use-member", { member: name })}
								onClick={() => act(() => api.retryAnswer({ member: candidate.member }))}
							>
								{words.say("chat.use")}
							</button>
						) : (
							<span />
						)}
					</div>
				);
			})}
		</div>
	);
}

/** Keeps the member that answered for the whole conversation, or leaves the next question to the router again. */
function MemberForAll({ id, name }: { readonly id: string; readonly name: string }): ReactNode {
	const words = useWords();
	const kept = useCore((state) => state.chat.member === id);
	return (
		<button
			type="button"
			className="button button-small button-plain"
			aria-pressed={kept}
			aria-label={words.say("chat.keep-member", { member: name })}
			onClick={() => act(() => api.chooseAnswerer({ member: kept ? null : id }))}
		>
			{words.say(kept ? "chat.kept" : "chat.keep-for-all")}
		</button>
	);
}
