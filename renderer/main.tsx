import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { api } from "./api.ts";
import { App } from "./app.tsx";
import { followCore } from "./store.ts";
import { WordsProvider } from "./words.tsx";
import "./styles/tokens.css";
import "./styles/popover.css";

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root");
followCore(api);
createRoot(root).render(
	<StrictMode>
		<WordsProvider>
			<App />
		</WordsProvider>
	</StrictMode>,
);
