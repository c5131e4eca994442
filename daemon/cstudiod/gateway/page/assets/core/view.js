// The one door to the vendored library: views import from here.

export {
  html,
  render,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "../vendor/htm-preact-standalone-3.1.1.js";
