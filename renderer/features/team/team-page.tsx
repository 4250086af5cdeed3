import { type ReactNode, useId, useRef, useState } from "react";
import type { Member } from "../../../shared/router.ts";
import { api } from "../../api.ts";
import { useRovingRows } from "../../roving-rows.ts";
import { saveText } from "../../save-text.ts";
import { act, useCore } from "../../store.ts";
import { useWords } from "../../words.tsx";
import { LastProblem } from "../problem/problem.tsx";
import { ChoiceRow } from "../settings/setting-rows.tsx";
import { Corrections } from "./corrections.tsx";
import { emptyMember, MemberEditor } from "./member-editor.tsx";
import { MemberRow } from "./member-row.tsx";
import "./team.css";

/** The id that an editor for a member yet to be made goes by; no member can have it. */
const NEW = "";

/** Who prompts are routed to, and how the choice is made. */
export function TeamPage(): ReactNode {
	const words = useWords();
	const { source, team, lines } = useCore((state) => state.team);
	const [open, setOpen] = useState<string | null>(null);
	const list = useRovingRows();
	const addButton = useRef<HTMLButtonElement>(null);
	const close = () => setOpen(null);
	return (
		<div className="content team">
			<LastProblem />
			<p className="page-note">{words.say(`team.note-${source}`)}</p>
			<ul aria-label={words.say("team.members")} {...list}>
				{team.members.map((member: Member) => (
					<MemberRow
						key={member.id}
						member={member}
						lines={lines[member.id] ?? []}
						open={open === member.id}
						onToggle={() => setOpen(open === member.id ? null : member.id)}
						onClose={close}
					/>
				))}
			</ul>
			{open === NEW ? (
				<MemberEditor
					member={emptyMember(team.members)}
					isNew
					onClose={() => {
						close();
						addButton.current?.focus();
					}}
				/>
			) : null}
			<div className="page-foot">
				<button
					ref={addButton}
					type="button"
					className="button button-small"
					aria-expanded={open === NEW}
					onClick={() => setOpen(open === NEW ? null : NEW)}
				>
					{words.say("team.add")}
				</button>
				<ExportButton />
				<ImportButton />
			</div>
			<div className="settings">
				<Routing />
				<Corrections />
			</div>
		</div>
	);
}

function ExportButton(): ReactNode {
	const words = useWords();
	return (
		<button
			type="button"
			className="button button-small button-plain"
			onClick={() =>
				act(async () =>
					saveText({ name: "plimsoll-team.json", text: await api.exportTeam(null) }, "application/json"),
				)
			}
		>
			{words.say("team.export")}
		</button>
	);
}

function ImportButton(): ReactNode {
	const words = useWords();
	const field = useRef<HTMLInputElement>(null);
	return (
		<>
			<button
				type="button"
				className="button button-small button-plain"
				onClick={() => field.current?.click()}
			>
				{words.say("team.import")}
			</button>
			<input
				ref={field}
				className="visually-hidden"
				type="file"
				accept=".json,application/json"
				tabIndex={-1}
				aria-label={words.say("team.import")}
				onChange={(event) => {
					const file = event.target.files?.[0];
					event.target.value = "";
					if (file !== undefined) act(async () => api.importTeam({ text: await file.text() }));
				}}
			/>
		</>
	);
}

const POINTS = ["0", "1", "2", "3", "4"] as const;

function Routing(): ReactNode {
	const words = useWords();
	const headingId = useId();
	const router = useCore((state) => state.settings.router);
	const save = (change: Partial<typeof router>) => act(() => api.changeSettings({ router: change }));
	const points = POINTS.map((each) => [each, words.say("team.points", { count: Number(each) })] as const);
	const sources = (["auto", "derived", "original", "own"] as const).filter(
		(each) => each !== "own" || router.own !== null,
	);
	return (
		<>
			<h2 id={headingId}>{words.say("team.routing")}</h2>
			<div className="group" role="group" aria-labelledby={headingId}>
				<ChoiceRow
					label={words.say("team.choice")}
					value={router.team}
					choices={sources.map((each) => [each, words.say(`team.choice-${each}`)])}
					onChange={(team) => save({ team })}
				/>
				<ChoiceRow
					label={words.say("team.loaded-points")}
					note={words.say("team.loaded-points-note")}
					value={String(router.loadedPoints)}
					choices={points}
					onChange={(chosen) => save({ loadedPoints: Number(chosen) })}
				/>
				<ChoiceRow
					label={words.say("team.sticky-points")}
					note={words.say("team.sticky-points-note")}
					value={String(router.stickyPoints)}
					choices={points}
					onChange={(chosen) => save({ stickyPoints: Number(chosen) })}
				/>
			</div>
		</>
	);
}
