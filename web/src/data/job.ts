// Follows a job to its end by its event stream; where streams do not get through, by asking.
import { ApiError, api, type Job } from "../api";

const kPollMs = 500;
const kQuietMs = 4000; // a stream that says nothing for so long may be held up by a proxy

const ended = (job: Job) => job.state !== "queued" && job.state !== "running";
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function poll(id: string, onJob: (job: Job) => void): Promise<Job> {
  let misses = 0;
  for (;;) {
    try {
      const job = await api.job(id);
      misses = 0;
      onJob(job);
      if (ended(job)) return job;
    } catch (error) {
      misses += 1;
      if (!(error instanceof ApiError) || (error.status >= 400 && error.status < 500) || misses > 10) throw error;
    }
    await pause(kPollMs);
  }
}

// The job's last state from the stream, or null when the stream broke first.
function listen(id: string, onJob: (job: Job) => void): Promise<Job | null> {
  return new Promise((resolve) => {
    const source = api.jobStream(id);
    let timer = 0;
    const close = (job: Job | null) => {
      clearTimeout(timer);
      source.close();
      resolve(job);
    };
    const alive = () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => close(null), kQuietMs);
    };
    alive();
    source.addEventListener("error", () => close(null));
    source.addEventListener("job", (event) => {
      const job = JSON.parse((event as MessageEvent<string>).data) as Job;
      alive();
      onJob(job);
      if (ended(job)) close(job);
    });
  });
}

export async function followJob(id: string, onJob: (job: Job) => void): Promise<Job> {
  return (await listen(id, onJob)) ?? poll(id, onJob);
}
