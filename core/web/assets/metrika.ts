/**
 * Яндекс Метрика: on the page only where the visitor has allowed it (core.web.analytics). It is told the path of the
 * page and nothing else: no title, nothing behind «?», no referrer, no clicks, no recording of the screen.
 */

interface Counter {
  (...words: unknown[]): void;
  a?: unknown[][];
  l?: number;
}

declare global {
  interface Window {
    ym?: Counter;
  }
}

const counter = Number(document.querySelector<HTMLMetaElement>("meta[name=counter]")?.content ?? "");
if (counter > 0) {
  const waiting: Counter = (...words) => {
    (waiting.a ??= []).push(words);
  };
  waiting.l = Date.now();
  window.ym ??= waiting;
  const script = document.createElement("script");
  script.async = true;
  script.src = "https://mc.yandex.ru/metrika/tag.js";
  document.head.append(script);
  window.ym(counter, "init", {
    defer: true,
    accurateTrackBounce: false,
    clickmap: false,
    sendTitle: false,
    trackLinks: false,
    webvisor: false,
  });
  window.ym(counter, "hit", location.origin + location.pathname, { referer: "", title: "" });
}

export {};
