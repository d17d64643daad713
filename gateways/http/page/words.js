// What the page says, in the language of the browser: Korean, else English.

const WORDS = {
  en: {
    title: "Webhooks", token: "Token", enter: "Show", leave: "Forget the token", back: "All endpoints", endpoints: "Endpoints", loading: "Loading …",
    ask: "A token is needed. Whoever runs OMS gives one out: oms gateway allow NAME --subscription ENDPOINT",
    none: "There is no endpoint that this token may see.", never: "Nothing was sent yet.", noneSuch: "There is none of that kind.", notShown: "That cannot be shown",
    name: "Name", status: "Status", sink: "Sink", behind: "Behind", share: "Success", hour: "1 hour", day: "24 hours", week: "7 days", month: "30 days",
    window: "Time", delivered: "Delivered", failed: "Failed", p50: "p50 ms", p95: "p95 ms", p99: "p99 ms",
    types: "Types", objectTypes: "Object types", branches: "Branches", source: "Source", filters: "Filters", config: "How", protocolsettings: "HTTP",
    description: "What for", reason: "Why", again: "Come again", left: "Failed for good", later: "Due later",
    breaker: "Breaker", closed: "closed", open: "open", halfOpen: "half-open", unanswered: "Nobody answers", alone: "Nothing is sent for",
    pause: "Pause", resume: "Resume", test: "Send a test", rotate: "New secret", reload: "Look again", cancel: "Cancel", close: "Close",
    surePause: "Nothing goes out until it is resumed, and nothing that happens until then is missed.", why: "Why? (may stay empty)",
    sureRotate: "Sign with a new secret? The one before is used, too, for as long as this says.", overlap: "The one before is used for", atOnce: "no longer",
    secret: "This is what deliveries are verified with from now on. It is shown once.", copy: "Copy", copied: "Copied.", copyYourself: "Copy what is marked.",
    tries: "Tries", onlyFailed: "Only failed", since: "From", until: "Before", older: "Older", time: "Time", position: "Position", attempt: "Try", trigger: "Because of",
    ms: "ms", result: "Result", next: "Again at", resend: "Send again", request: "Request", response: "Response", body: "What would be sent now", answer: "Answer",
    recover: "Send again what failed", span: "Of the last", count: "Count", sureRecover: "Events that failed for good: {0}. Send them again?",
    nothing: "Nothing failed for good in that time.", resent: "It goes out again now.", tested: "Test: {0}, {1} ms. {2}", away: "OMS does not answer.", broken: "This page met a defect of its own. Load it again.",
    active: "active", paused: "paused", disabled: "disabled", unconsented: "asked for consent",
    event: "event", retry: "again", replay: "replay",
    arrived: "delivered", refused: "not taken", unreachable: "not reached", timeout: "no answer in time", connection_reset: "connection broken off", tls_error: "no trustworthy TLS",
    answer_too_long: "headers too large", network_error: "request failed",
    transform_failed: "transformation failed", token_refused: "no access token", token_unreachable: "token endpoint not reached",
    no_credential: "OMS could not show its credentials", not_signed: "OMS could not sign it", not_set_up: "OMS is not set up for that",
    egress_failed: "OMS could send nothing out", internal_error: "OMS itself failed", not_judged: "OMS could not tell whether it is wanted",
    GATEWAY_TOKEN: "That token opens nothing: it was not given out here, or was taken away.", GATEWAY_RIGHT: "This token may not see webhooks.",
    SUBSCRIPTION_UNKNOWN: "There is no endpoint of that name that may be seen here.", SUBSCRIPTION_TRY: "That try is not remembered any more.",
    SUBSCRIPTION_STATUS: "It is not active: resume it first. An endpoint that is asked for its consent has to give it first.",
    SUBSCRIPTION_RECOVERY: "That is more than is sent again at once: choose a shorter time.", UNAVAILABLE_VIEW: "OMS cannot tell at the moment. Try again in a while.",
    UNAVAILABLE_LOG: "The log of OMS does not answer. Try again in a while.", UNAVAILABLE_COMMANDS: "OMS did not answer in time: look again whether it was done.",
  },
  ko: {
    title: "웹훅", token: "토큰", enter: "보기", leave: "토큰 지우기", back: "모든 엔드포인트", endpoints: "엔드포인트", loading: "불러오는 중…",
    ask: "토큰이 필요합니다. OMS 운영자가 발급합니다: oms gateway allow NAME --subscription ENDPOINT",
    none: "이 토큰으로 볼 수 있는 엔드포인트가 없습니다.", never: "아직 보낸 것이 없습니다.", noneSuch: "조건에 맞는 기록이 없습니다.", notShown: "표시할 수 없습니다",
    name: "이름", status: "상태", sink: "주소", behind: "밀린 이벤트", share: "전달률", hour: "1시간", day: "24시간", week: "7일", month: "30일",
    window: "기간", delivered: "전달", failed: "실패", p50: "p50 ms", p95: "p95 ms", p99: "p99 ms",
    types: "이벤트 유형", objectTypes: "객체 유형", branches: "브랜치", source: "출처", filters: "필터", config: "설정", protocolsettings: "HTTP",
    description: "용도", reason: "사유", again: "재시도 예정", left: "최종 실패", later: "예약",
    breaker: "차단기", closed: "닫힘", open: "열림", halfOpen: "반열림", unanswered: "응답 없음", alone: "전송 보류",
    pause: "일시 중지", resume: "다시 시작", test: "테스트 보내기", rotate: "새 서명 비밀", reload: "새로 고침", cancel: "취소", close: "닫기",
    surePause: "다시 시작할 때까지 아무것도 보내지 않습니다. 그동안의 이벤트는 빠짐없이 나중에 전송됩니다.", why: "사유 (비워 두어도 됩니다)",
    sureRotate: "새 비밀로 서명할까요? 이전 비밀은 아래 기간 동안 함께 쓰입니다.", overlap: "이전 비밀을 함께 쓰는 기간", atOnce: "쓰지 않음",
    secret: "이제부터 이 값으로 서명을 확인합니다. 한 번만 표시됩니다.", copy: "복사", copied: "복사했습니다.", copyYourself: "선택된 값을 복사하십시오.",
    tries: "전송 시도", onlyFailed: "실패만", since: "시작", until: "끝(미포함)", older: "이전 기록", time: "시각", position: "위치", attempt: "차수", trigger: "계기",
    ms: "ms", result: "결과", next: "다음 시도", resend: "다시 보내기", request: "요청", response: "응답", body: "지금 보낸다면", answer: "응답 본문",
    recover: "실패한 것 다시 보내기", span: "최근", count: "세어 보기", sureRecover: "최종 실패한 이벤트: {0}개. 다시 보낼까요?",
    nothing: "그 기간에 최종 실패한 이벤트가 없습니다.", resent: "지금 다시 보냅니다.", tested: "테스트: {0}, {1} ms. {2}", away: "OMS가 응답하지 않습니다.", broken: "이 페이지에 오류가 있습니다. 다시 불러오십시오.",
    active: "정상", paused: "일시 중지됨", disabled: "비활성", unconsented: "동의 대기",
    event: "이벤트", retry: "재시도", replay: "재전송",
    arrived: "전달됨", refused: "거부됨", unreachable: "연결할 수 없음", timeout: "시간 초과", connection_reset: "연결 끊김", tls_error: "신뢰할 수 없는 TLS",
    answer_too_long: "응답 헤더가 너무 큼", network_error: "요청 실패",
    transform_failed: "변환 실패", token_refused: "토큰 발급 거부", token_unreachable: "토큰 서버에 연결할 수 없음",
    no_credential: "OMS가 자격 증명을 제시하지 못함", not_signed: "OMS가 서명하지 못함", not_set_up: "OMS에 전송 설정이 없음",
    egress_failed: "OMS가 외부로 보내지 못함", internal_error: "OMS 내부 오류", not_judged: "OMS가 전송 대상인지 판단하지 못함",
    GATEWAY_TOKEN: "이 토큰으로는 열 수 없습니다. 발급되지 않았거나 회수된 토큰입니다.", GATEWAY_RIGHT: "이 토큰으로는 웹훅을 볼 수 없습니다.",
    SUBSCRIPTION_UNKNOWN: "그런 이름의 엔드포인트가 없거나 볼 수 없습니다.", SUBSCRIPTION_TRY: "그 전송 시도는 더 이상 보관되어 있지 않습니다.",
    SUBSCRIPTION_STATUS: "정상 상태가 아닙니다. 먼저 다시 시작하십시오. 동의 대기 중인 엔드포인트는 먼저 동의해야 합니다.",
    SUBSCRIPTION_RECOVERY: "한 번에 다시 보낼 수 있는 수를 넘습니다. 더 짧은 기간을 고르십시오.", UNAVAILABLE_VIEW: "지금은 알 수 없습니다. 잠시 뒤 다시 시도하십시오.",
    UNAVAILABLE_LOG: "OMS의 로그가 응답하지 않습니다. 잠시 뒤 다시 시도하십시오.", UNAVAILABLE_COMMANDS: "OMS가 제때 응답하지 않았습니다. 처리되었는지 새로 고쳐 확인하십시오.",
  },
};

export const language = navigator.language.startsWith("ko") ? "ko" : "en";
/** How numbers and times are written. */
export const locale = navigator.language.startsWith(language) ? navigator.language : language;

/** How a try ended. */
export function outcome(kind, sentence) {
  if (kind === "delivered") return word("arrived");
  return kind.startsWith("status_") ? word("refused") : WORDS[language][kind] ?? sentence;
}

/** What went wrong: in the reader's language where that is known, else as the door said it. */
export const wrong = ({ status, code, message }) => status === 0 ? word("away") : WORDS[language][code] ?? (message || word("away"));

export function word(name, ...given) {
  const said = WORDS[language][name] ?? name;
  return given.reduce((text, each, at) => text.replace(`{${at}}`, () => String(each)), said);
}
