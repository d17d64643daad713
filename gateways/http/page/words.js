// What the page says, in the language of the browser: Korean, else English.

const WORDS = {
  en: {
    title: "Webhooks", token: "Token", enter: "Show", leave: "Forget the token", back: "All endpoints",
    ask: "A token is needed. Whoever runs OMS gives one out: oms gateway allow NAME --subscription ENDPOINT",
    none: "There is no endpoint that this token may see.", never: "Nothing was sent yet.",
    name: "Name", status: "Status", sink: "Sink", behind: "Behind", waits: "Waits", share: "Success", hour: "1 hour", day: "24 hours", week: "7 days",
    window: "Time", delivered: "Delivered", failed: "Failed", p50: "p50 ms", p95: "p95 ms", p99: "p99 ms",
    types: "Types", objectTypes: "Object types", branches: "Branches", filters: "Filters", config: "How", protocolsettings: "HTTP",
    description: "What for", reason: "Why", again: "Come again", left: "Failed for good", later: "Due later", all: "all",
    breaker: "Breaker", closed: "closed", open: "open", halfOpen: "half-open", unanswered: "Nobody answers", alone: "Nothing is sent for",
    pause: "Pause", resume: "Resume", test: "Send a test", rotate: "New secret", reload: "Look again",
    sureRotate: "Sign with a new secret? The one before is used for another day.", why: "Why? (may stay empty)",
    secret: "This is what deliveries are verified with from now on. It is shown once: {0}",
    tries: "Tries", onlyFailed: "Only failed", older: "Older", time: "Time", position: "Position", attempt: "Try", trigger: "Because of",
    ms: "ms", result: "Result", next: "Again at", resend: "Send again", request: "Request", response: "Response", body: "What would be sent now", answer: "Answer",
    recover: "Send again what failed", since: "Of how many days?", sureRecover: "{0} events failed for good. Send them again?",
    nothing: "Nothing failed for good in that time.", resent: "It goes out again now.", tested: "Test: {0}, {1} ms. {2}", done: "Done.", away: "OMS does not answer.",
    active: "active", paused: "paused", disabled: "disabled", unconsented: "asked for consent",
    event: "event", retry: "again", replay: "replay",
    refused: "not taken", unreachable: "not reached", timeout: "no answer in time", connection_reset: "connection broken off", tls_error: "no trustworthy TLS",
    transform_failed: "transformation failed", token_refused: "no access token", token_unreachable: "token endpoint not reached",
  },
  ko: {
    title: "웹훅", token: "토큰", enter: "보기", leave: "토큰 지우기", back: "모든 엔드포인트",
    ask: "토큰이 필요합니다. OMS 운영자가 발급합니다: oms gateway allow NAME --subscription ENDPOINT",
    none: "이 토큰으로 볼 수 있는 엔드포인트가 없습니다.", never: "아직 보낸 것이 없습니다.",
    name: "이름", status: "상태", sink: "주소", behind: "밀린 이벤트", waits: "대기", share: "전달률", hour: "1시간", day: "24시간", week: "7일",
    window: "기간", delivered: "전달", failed: "실패", p50: "p50 ms", p95: "p95 ms", p99: "p99 ms",
    types: "이벤트 유형", objectTypes: "객체 유형", branches: "브랜치", filters: "필터", config: "설정", protocolsettings: "HTTP",
    description: "용도", reason: "사유", again: "재시도 예정", left: "최종 실패", later: "예약", all: "전체",
    breaker: "차단기", closed: "닫힘", open: "열림", halfOpen: "반열림", unanswered: "응답 없음", alone: "전송 보류",
    pause: "일시 중지", resume: "다시 시작", test: "테스트 보내기", rotate: "새 서명 비밀", reload: "새로 고침",
    sureRotate: "새 비밀로 서명할까요? 이전 비밀은 하루 동안 함께 쓰입니다.", why: "사유 (비워 두어도 됩니다)",
    secret: "이제부터 이 값으로 서명을 확인합니다. 한 번만 표시됩니다: {0}",
    tries: "전송 시도", onlyFailed: "실패만", older: "이전 기록", time: "시각", position: "위치", attempt: "차수", trigger: "계기",
    ms: "ms", result: "결과", next: "다음 시도", resend: "다시 보내기", request: "요청", response: "응답", body: "지금 보낸다면", answer: "응답 본문",
    recover: "실패한 것 다시 보내기", since: "며칠 동안의 기록입니까?", sureRecover: "이벤트 {0}개가 최종 실패했습니다. 다시 보낼까요?",
    nothing: "그 기간에 최종 실패한 이벤트가 없습니다.", resent: "지금 다시 보냅니다.", tested: "테스트: {0}, {1} ms. {2}", done: "완료했습니다.", away: "OMS가 응답하지 않습니다.",
    active: "정상", paused: "일시 중지됨", disabled: "비활성", unconsented: "동의 대기",
    event: "이벤트", retry: "재시도", replay: "재전송",
    refused: "거부됨", unreachable: "연결할 수 없음", timeout: "시간 초과", connection_reset: "연결 끊김", tls_error: "신뢰할 수 없는 TLS",
    transform_failed: "변환 실패", token_refused: "토큰 발급 거부", token_unreachable: "토큰 서버에 연결할 수 없음",
  },
};

export const language = navigator.languages.some((each, at) => at === 0 && each.startsWith("ko")) ? "ko" : "en";

export const outcome = (kind, sentence) => kind.startsWith("status_") ? word("refused") : WORDS[language][kind] ?? sentence;

export function word(name, ...given) {
  const said = WORDS[language][name] ?? name;
  return given.reduce((text, each, at) => text.replace(`{${at}}`, () => String(each)), said);
}
