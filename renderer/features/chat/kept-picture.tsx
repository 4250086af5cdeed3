import { type ReactNode, useEffect, useState } from "react";
import type { Picture } from "../../../shared/chat.ts";
import { api } from "../../api.ts";
import { useWords } from "../../words.tsx";

/** Pictures that were fetched, the newest last; a few, since each is some hundred KB. */
const fetched = new Map<string, string>();
const MAX_FETCHED = 24;

async function fetchPicture(id: string): Promise<string | null> {
	const known = fetched.get(id);
	if (known !== undefined) return known;
	const data = await api.picture({ id }).catch(() => null);
	if (data === null) return null;
	const url = `data:image/jpeg;base64,${data}`;
	fetched.set(id, url);
	const [oldest] = fetched.keys();
	if (fetched.size > MAX_FETCHED && oldest !== undefined) fetched.delete(oldest);
	return url;
}

/** A picture of a question; its bytes come from core, never from anywhere else. */
export function KeptPicture(props: {
	readonly picture: Picture;
	readonly className: string;
	/** Its name stands beside it, and need not be said twice. */
	readonly named?: boolean;
}): ReactNode {
	const { id, name, widthPx, heightPx } = props.picture;
	const words = useWords();
	const [url, setUrl] = useState(() => fetched.get(id) ?? null);
	useEffect(() => {
		let wanted = true;
		void fetchPicture(id).then((found) => {
			if (wanted) setUrl(found);
		});
		return () => {
			wanted = false;
		};
	}, [id]);
	const label = props.named === true ? "" : name === "" ? words.say("chat.picture") : name;
	if (url === null)
		return (
			<span
				className={props.className}
				style={{ aspectRatio: `${widthPx} / ${heightPx}` }}
				{...(label === "" ? {} : { role: "img", "aria-label": label })}
			/>
		);
	return <img className={props.className} src={url} width={widthPx} height={heightPx} alt={label} />;
}
