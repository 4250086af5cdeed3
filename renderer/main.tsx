import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { api } from "./api.ts";
import { App } from "./app.tsx";
import { firstSnapshot, followCore } from "./store.ts";
import { WordsProvider } from "./words.tsx";
import "./styles/tokens.css";
import "./styles/popover.css";

/** So long the page waits for core in silence, ms; most openings then draw once, and draw everything. */
const SILENT_MS = 150;

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root");
followCore(api);
void Promise.race([firstSnapshot(), new Promise((resolve) => setTimeout(resolve, SILENT_MS))]).then(() =>
	createRoot(root).render(
		<StrictMode>
			<WordsProvider>
				<App />
			</WordsProvider>
		</StrictMode>,
	),
);
