// The kiosk's way to the server: JSON with the kiosk's token, and three kinds of answers a screen can act on.

/** Nobody answered: no network, or not in time. What was sent may or may not have arrived. */
export class NoAnswer extends Error {}

/** The server answered, and not with yes. */
export class Refused extends Error {
  constructor(status, problem, retryAfter) {
    super(problem.detail || problem.title || `HTTP ${status}`);
    this.status = status;
    this.code = problem.code ?? "";
    this.errors = Array.isArray(problem.errors) ? problem.errors : [];
    this.retryAfter = retryAfter; // seconds
  }

  /** The token is no longer good. A retired kiosk keeps its token: it may still hand in what it holds. */
  get unpaired() { return this.status === 401 || (this.status === 403 && this.code !== "kiosk_retired"); }

  get worthRetrying() { return this.status === 429 || this.status >= 500; }
}

const PATIENCE = 20_000; // milliseconds until silence counts as no answer

export class Api {
  constructor(base, token = null) {
    this.base = base.replace(/\/$/, "");
    this.token = token;
    this.language = () => "en";
    this.heard = () => {}; // told at every request whether somebody answered
  }

  get = (path) => this.#json("GET", path);

  post = (path, body) => this.#json("POST", path, body);

  /** Bytes of a file, by its path from the site's root, as an answer names it. */
  async file(path) {
    return (await this.#fetch(path, {})).blob();
  }

  async #json(method, path, body) {
    const request = { method };
    if (body !== undefined) {
      request.body = JSON.stringify(body);
      request.headers = { "Content-Type": "application/json" };
    }
    const answer = await this.#fetch(this.base + path, request);
    try {
      return await answer.json();
    } catch {
      throw new NoAnswer("The answer broke off.");
    }
  }

  async #fetch(url, request) {
    const headers = { "Accept-Language": this.language(), ...request.headers };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    let answer;
    try {
      answer = await fetch(url, {
        ...request, headers, cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(PATIENCE),
      });
    } catch (error) {
      this.heard(false);
      throw new NoAnswer(String(error));
    }
    this.heard(true);
    if (answer.ok) return answer;
    let problem = {};
    try {
      problem = await answer.json();
    } catch { /* a proxy's page: the status says enough */ }
    const seconds = Number.parseInt(answer.headers.get("Retry-After") ?? "", 10);
    throw new Refused(answer.status, problem, Number.isFinite(seconds) ? seconds : null);
  }
}
