declare module "*/messages/en.ts?later" {
	import type { en as whole } from "../shared/messages/en.ts";

	/** The English texts that only later parts say. */
	export const en: Partial<typeof whole>;
}
