import { scenes } from "../screens/scenes.ts";
import { checkScenes } from "./scene-checks.ts";

checkScenes(scenes.filter(({ place }) => place === "now"));
