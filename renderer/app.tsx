import { type ReactNode, useEffect, useState } from "react";
import type { PopoverPlace } from "../shared/ipc.ts";
import { api } from "./api.ts";
import { Composer, QUESTION_FIELD_ID } from "./features/chat/composer.tsx";
import { NowPage } from "./features/now-page.tsx";
import { LostConnection } from "./features/problem/lost-connection.tsx";
import { Icon, Mark } from "./icon.tsx";
import { hasModifier } from "./keys.ts";
import { fetchWhileIdle, onDemand } from "./on-demand.tsx";
import { Sprite } from "./sprite.tsx";
import { act, coreNow, useCore, usePopover } from "./store.ts";
import { laterWords, useWords } from "./words.tsx";

/** Pages that are seldom the first come when they are opened. */
const ActivityPage = onDemand(async () => {
	const [{ ActivityPage: page }] = await Promise.all([
		import("./features/activity/activity-page.tsx"),
		laterWords(),
	]);
	return page;
});
const ChatPage = onDemand(async () => {
	const [{ ChatPage: page }] = await Promise.all([import("./features/chat/chat-page.tsx"), laterWords()]);
	return page;
});
const TeamPage = onDemand(async () => {
	const [{ TeamPage: page }] = await Promise.all([import("./features/team/team-page.tsx"), laterWords()]);
	return page;
});
const SettingsPage = onDemand(
	async () => (await import("./features/settings/settings-page.tsx")).SettingsPage,
);
const Welcome = onDemand(async () => (await import("./features/welcome/welcome.tsx")).Welcome);

const TABS = ["now", "chat", "activity"] as const;

const PLACES_TO_ASK_FOR: readonly PopoverPlace[] = ["chat", "activity", "team", "settings"];

/** Pages that are pushed over the others and left with Back. */
const isPushed = (place: PopoverPlace) => place === "settings" || place === "team";

/** The place asked for when the page was opened, such as from the tray's menu. */
function firstPlace(): PopoverPlace {
	const asked = location.hash.slice(1);
	return PLACES_TO_ASK_FOR.find((place) => place === asked) ?? "now";
}

/** Keys that work everywhere in the popover; true where one was used. */
function globalKey(event: KeyboardEvent, place: PopoverPlace, go: (place: PopoverPlace) => void): boolean {
	const typing = (event.target as HTMLElement).matches?.("input, textarea, select") ?? false;
	if (event.key === "Escape") {
		if (isPushed(place)) go("now");
		else act(() => api.closePopover(null));
		return true;
	}
	if (!hasModifier(event)) {
		if (typing || event.metaKey || event.ctrlKey || event.altKey || !/^[1-8]$/.test(event.key)) return false;
		document.querySelectorAll<HTMLElement>(".row[data-model][data-row]")[Number(event.key) - 1]?.focus();
		return true;
	}
	if (event.shiftKey && (event.key === "Backspace" || event.key === "Delete")) {
		act(() => api.flush(null));
		return true;
	}
	if (event.shiftKey) return false;
	switch (event.key.toLowerCase()) {
		case "1":
		case "2":
		case "3":
			go(TABS[Number(event.key) - 1] ?? "now");
			return true;
		case ",":
			go("settings");
			return true;
		case "l":
			document.getElementById(QUESTION_FIELD_ID)?.focus();
			return true;
		case ".":
			act(() => api.stopAnswer(null));
			return true;
		case "r":
			if (place !== "chat") return false;
			act(() => api.retryAnswer({}));
			return true;
		case "n":
			act(() => api.newConversation(null));
			go("chat");
			return true;
		case "z":
			if (typing || (coreNow().lastFlush?.putBack.length ?? 0) === 0) return false;
			act(() => api.putBack(null));
			return true;
		default:
			return false;
	}
}

function Bar(props: {
	readonly place: PopoverPlace;
	readonly onGo: (place: PopoverPlace) => void;
}): ReactNode {
	const words = useWords();
	const demo = useCore((state) => state.engine.kind === "demo");
	if (isPushed(props.place)) {
		return (
			<header className="bar">
				<button
					type="button"
					className="icon-button"
					aria-label={words.say("ui.back")}
					onClick={() => props.onGo("now")}
				>
					<Icon name="back" />
				</button>
				<h1>{words.say(props.place === "team" ? "ui.team" : "ui.settings")}</h1>
			</header>
		);
	}
	const move = (step: number) => {
		const at = TABS.indexOf(props.place as (typeof TABS)[number]);
		const next = TABS[(at + step + TABS.length) % TABS.length] ?? "now";
		props.onGo(next);
		document.getElementById(`tab-${next}`)?.focus();
	};
	return (
		<header className="bar">
			<div className="tabs" role="tablist" aria-label={words.say("ui.places")}>
				{TABS.map((tab) => (
					<button
						key={tab}
						id={`tab-${tab}`}
						type="button"
						className="tab"
						role="tab"
						aria-selected={tab === props.place}
						aria-controls="place"
						tabIndex={tab === props.place ? 0 : -1}
						onClick={() => props.onGo(tab)}
						onKeyDown={(event) => {
							if (event.key === "ArrowRight") move(1);
							if (event.key === "ArrowLeft") move(-1);
						}}
					>
						{words.say(`ui.tab-${tab}`)}
					</button>
				))}
			</div>
			<span className="spacer" />
			{demo ? <span className="demo-flag">{words.say("ui.demo")}</span> : null}
			<button
				type="button"
				className="icon-button"
				aria-label={words.say("ui.settings")}
				onClick={() => props.onGo("settings")}
			>
				<Icon name="gear" />
			</button>
		</header>
	);
}

function Place(props: {
	readonly place: PopoverPlace;
	readonly onGo: (place: PopoverPlace) => void;
}): ReactNode {
	const toNow = () => props.onGo("now");
	switch (props.place) {
		case "now":
			return <NowPage onActivity={() => props.onGo("activity")} onTeam={() => props.onGo("team")} />;
		case "chat":
			return <ChatPage onNow={toNow} />;
		case "activity":
			return <ActivityPage onNow={toNow} />;
		case "team":
			return <TeamPage />;
		case "settings":
			return <SettingsPage onTeam={() => props.onGo("team")} />;
	}
}

/** The popover once core has been heard. */
function Shell(): ReactNode {
	const words = useWords();
	const [place, setPlace] = useState<PopoverPlace>(firstPlace);
	const welcomed = useCore((state) => state.settings.app.welcomed);
	const level = useCore((state) => state.machine?.level ?? "normal");
	const overMaterial = useCore(({ shell }) => shell.host === "app" && shell.platform === "macos");

	useEffect(() => {
		document.documentElement.toggleAttribute("data-material", overMaterial);
	}, [overMaterial]);

	useEffect(() => api.on("goTo", (asked) => setPlace(asked.place)), []);

	useEffect(fetchWhileIdle, []);

	// Core looks every second while somebody sees the popover.
	useEffect(() => {
		const tell = () =>
			void api.watch({ open: document.visibilityState === "visible" }).catch(() => undefined);
		tell();
		document.addEventListener("visibilitychange", tell);
		return () => document.removeEventListener("visibilitychange", tell);
	}, []);

	useEffect(() => {
		const onKey = (event: KeyboardEvent) => {
			if (!event.defaultPrevented && globalKey(event, place, setPlace)) event.preventDefault();
		};
		document.addEventListener("keydown", onKey);
		return () => document.removeEventListener("keydown", onKey);
	}, [place]);

	return (
		<div className="popover" role="dialog" aria-label="Plimsoll" data-level={level}>
			<Sprite />
			<main className="contents">
				<LostConnection />
				{welcomed ? (
					<>
						<Bar place={place} onGo={setPlace} />
						<div
							id="place"
							className="place"
							{...(isPushed(place) ? {} : { role: "tabpanel", "aria-labelledby": `tab-${place}` })}
						>
							<Place place={place} onGo={setPlace} />
						</div>
						{place === "now" || place === "chat" ? <Composer onAsked={() => setPlace("chat")} /> : null}
					</>
				) : (
					<Welcome />
				)}
				<p className="visually-hidden">{words.say("ui.keys-hint")}</p>
			</main>
		</div>
	);
}

/** The popover: nothing before the first snapshot but a word that it is on its way. */
export function App(): ReactNode {
	const known = usePopover((store) => store.state !== null);
	const words = useWords();
	if (known) return <Shell />;
	return (
		<div className="popover" role="dialog" aria-label="Plimsoll" aria-busy="true">
			<Sprite />
			<main className="empty empty-tall">
				<Mark name="busy" />
				<h1>{words.say("ui.opening")}</h1>
			</main>
		</div>
	);
}
