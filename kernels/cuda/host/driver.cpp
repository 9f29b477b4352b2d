// A CUDA driver for machines that have none: the few functions of it that are called, over the kernels compiled for this
// machine. It lets tests run what stands between the program and a GPU, and fails in whatever way it is told to.
//
//   launch, copy, fill ──> a stream's queue ──> run when somebody looks at an event, who is told that it is not reached yet
//
//   begin a capture, launch ... ──> a graph ── launch a graph ──> a stream's queue
//
// Nothing that is queued runs before somebody looks, so memory that is touched too soon, and arguments that do not outlive
// their call, show as wrong answers. Memory that is freed while something queued may still use it ends the process: a real
// driver would wait, perhaps for ever.
//
// The file that CUDA_STAND_IN names holds one word, read at each call that can fail:
//
//   well            nothing fails                       no-device   there are none
//   out-of-memory   no memory is given                  no-image    the kernels are for another GPU
//   refuses         launches fail                       lost        whatever is asked about an event fails
//   stuck           nothing that is queued ends         silent      kernels end without having run
//   liar            kernels say the opposite            garbage     kernels write bytes that are no answers
//   forgetful       keys that are to be known are not written
//   holds-all       all random sums are said to hold
//   no-capture      no graph is recorded                no-graph        what was recorded does not become a graph
//   no-graph-launch graphs are not launched
//
// Whatever a real driver may refuse while a stream records, this one refuses.
//
// Beside that file, with `.known` behind its name, stands how many signatures were answered by keys that are known, with
// `.held` how many random sums held, and with `.recorded` and `.graphs` how many graphs were made and
// launched.
#include <stdlib.h>
#include <string.h>

#include <chrono>
#include <deque>
#include <fstream>
#include <iostream>
#include <mutex>
#include <set>
#include <vector>

#include "kernels.h"

enum Result { SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NO_DEVICE = 100, INVALID_DEVICE = 101, NO_IMAGE = 209,
              NOT_FOUND = 500, NOT_READY = 600, LAUNCH_FAILED = 719, NOT_SUPPORTED = 801, CAPTURE_UNSUPPORTED = 900,
              CAPTURE_INVALIDATED = 901 };

struct Event {
    uint64_t asked = 0, reached = 0;  // how often it was recorded, and how many of those were reached
    struct Stream* stream = nullptr;
    double at_ms = 0;
};
typedef std::function<void()> Command;
typedef std::vector<Command> Graph;
struct Stream {
    std::deque<Command> queue;
    Graph recorded;
    bool is_recording = false, is_spoilt = false;
};

// One driver, one lock: callers may be on any thread.
static std::recursive_mutex LOCK;
static std::set<Stream*> STREAMS;
static thread_local void* CURRENT = nullptr;
static thread_local Stream* RECORDING = nullptr;  // what this thread records on
static int CONTEXT;

#define CALL(name, ...) \
    extern "C" int name(__VA_ARGS__) { std::lock_guard<std::recursive_mutex> held(LOCK);
#define END return SUCCESS; }

static bool fails_by(const char* misdeed) {
    const char* path = getenv("CUDA_STAND_IN");
    std::string word;
    if (path) std::ifstream(path) >> word;
    return word == misdeed;
}

static void put(Stream* stream, Command command) {
    if (stream->is_recording) {
        stream->recorded.push_back(std::move(command));
    } else {
        stream->queue.push_back(std::move(command));
    }
}

// Whether this thread records, and so may not do what it is about to do.
static bool spoils() {
    if (RECORDING) RECORDING->is_spoilt = true;
    return RECORDING;
}

static bool run_one(Stream* stream) {
    if (stream->queue.empty() || fails_by("stuck")) return false;
    // Out of the queue first: what runs may look at the stream.
    Command command = std::move(stream->queue.front());
    stream->queue.pop_front();
    command();
    return true;
}

static void run_all(Stream* stream) {
    while (!stream->queue.empty()) {
        if (!run_one(stream)) {
            std::cerr << "somebody waits for a stream that never ends\n";
            abort();
        }
    }
}

// Makes other answers of those that a kernel has written.
static void spoil(uint8_t* answers, uint32_t count) {
    bool lies = fails_by("liar"), is_garbage = fails_by("garbage");
    for (uint32_t i = 0; i < count; i++) {
        if (lies) answers[32 * i] ^= 1;
        if (is_garbage) memset(answers + 32 * i, 0x5a, 32);
    }
}

static void note(const char* what, uint32_t count) {
    std::ofstream(std::string(getenv("CUDA_STAND_IN")) + what, std::ios::app) << count << "\n";
}

// Notes how many of these tasks have an answer.
static void note_known(const uint8_t* answers, const Task* tasks, uint32_t count) {
    uint32_t answered = 0;
    for (uint32_t at = 0; at < count; at++) answered += answers[32 * tasks[at].signature] != 0xff;
    note(".known", answered);
}

// Notes how many sums hold, or makes them.
static void note_held(uint32_t count, uint8_t* scratch) {
    Ed25519Sums sums = ed25519_sums(count, scratch);
    uint32_t held = 0;
    for (uint32_t group = 0; group < sums.groups; group++) {
        if (fails_by("holds-all")) *sums_holds(sums, group) = 1;
        held += *sums_holds(sums, group) != 0;
    }
    note(".held", held);
}

// The same for kernels whose answers are bytes: those of BLS signatures, and where they have pointer and count. What a kernel
// says of points is spoilt too.
static Launch spoilt_bytes(const Kernel* kernel, Launch launch, void** arguments) {
    const std::tuple<const char*, int, int> kernels[] = {
        {"pelton_bls_decode", 1, 3}, {"pelton_bls_check", 0, 7}, {"pelton_bls_check_each", 0, 8}};
    for (auto [name, answers_at, count_at] : kernels) {
        if (kernel != &KERNELS.at(name)) continue;
        uint8_t* answers = *static_cast<uint8_t**>(arguments[answers_at]);
        uint32_t count = *static_cast<uint32_t*>(arguments[count_at]);
        return [=] {
            launch();
            for (uint32_t i = 0; i < count; i++) {
                if (fails_by("liar")) answers[i] ^= 1;
                if (fails_by("garbage")) answers[i] = 0x5a;
            }
        };
    }
    return launch;
}

CALL(cuInit, unsigned) END
CALL(cuDeviceGetCount, int* count) *count = fails_by("no-device") ? 0 : 1; END
CALL(cuDeviceGet, int* device, int ordinal) if (ordinal) return INVALID_DEVICE; *device = 0; END
CALL(cuDeviceGetName, char* name, int length, int) strncpy(name, "Stand-in", length); END
CALL(cuDeviceGetAttribute, int* value, int, int) *value = 1; END
CALL(cuFuncGetAttribute, int* value, int, void*) *value = 64; END
CALL(cuDriverGetVersion, int* version) *version = 13000; END
CALL(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags, int* blocks, void*, int, size_t, unsigned) *blocks = 1; END
CALL(cuDevicePrimaryCtxRetain, void** context, int) *context = &CONTEXT; END
CALL(cuDevicePrimaryCtxRelease_v2, int) END
CALL(cuCtxGetCurrent, void** context) *context = CURRENT; END
CALL(cuCtxSetCurrent, void* context) CURRENT = context; END
CALL(cuCtxSynchronize) for (Stream* stream : STREAMS) run_all(stream); END
CALL(cuGetErrorString, int error, const char** text)
    *text = error == OUT_OF_MEMORY ? "out of memory" : error == NO_IMAGE ? "no kernel image is available"
          : error == LAUNCH_FAILED ? "unspecified launch failure" : "an error";
END
CALL(cuGetErrorName, int, const char** text) *text = "CUDA_ERROR"; END

CALL(cuModuleLoadData, void** module, const void* image)
    const unsigned char magic[4] = {0x50, 0xed, 0x55, 0xba};
    if (memcmp(image, magic, 4) || fails_by("no-image")) return NO_IMAGE;
    *module = &CONTEXT;
END
CALL(cuModuleGetFunction, const Kernel** kernel, void*, const char* name)
    auto found = KERNELS.find(name);
    if (found == KERNELS.end()) return NOT_FOUND;
    *kernel = &found->second;
END
CALL(cuModuleUnload, void*) END

CALL(cuStreamCreate, Stream** stream, unsigned) STREAMS.insert(*stream = new Stream); END
CALL(cuStreamDestroy_v2, Stream* stream) run_all(stream); STREAMS.erase(stream); delete stream; END
CALL(cuStreamSynchronize, Stream* stream) if (spoils()) return CAPTURE_UNSUPPORTED; if (fails_by("lost")) return LAUNCH_FAILED; run_all(stream); END
CALL(cuStreamWaitEvent, Stream* stream, Event* event, unsigned)
    if (spoils()) return CAPTURE_UNSUPPORTED;
    uint64_t asked = event->asked;
    put(stream, [=] { while (event->reached < asked) run_one(event->stream); });
END

CALL(cuEventCreate, Event** event, unsigned) *event = new Event; END
CALL(cuEventDestroy_v2, Event*) END  // never freed: queues may hold it
CALL(cuEventRecord, Event* event, Stream* stream)
    if (spoils()) return CAPTURE_UNSUPPORTED;
    event->stream = stream;
    uint64_t asked = ++event->asked;
    put(stream, [=] {
        event->reached = asked;
        event->at_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
    });
END
CALL(cuEventQuery, Event* event)
    if (spoils()) return CAPTURE_UNSUPPORTED;
    if (fails_by("lost")) return LAUNCH_FAILED;
    if (event->reached == event->asked) return SUCCESS;
    while (run_one(event->stream)) {}
    return NOT_READY;
}
CALL(cuEventSynchronize, Event* event)
    if (spoils()) return CAPTURE_UNSUPPORTED;
    if (event->reached != event->asked) run_all(event->stream);
END
CALL(cuEventElapsedTime, float* ms, Event* start, Event* end) *ms = (float)(end->at_ms - start->at_ms); END

static int allocate(void** memory, size_t bytes) {
    if (spoils()) return CAPTURE_UNSUPPORTED;
    if (fails_by("out-of-memory") || !(*memory = calloc(bytes, 1))) return OUT_OF_MEMORY;
    return SUCCESS;
}
static int release(void* memory) {
    if (spoils()) return CAPTURE_UNSUPPORTED;
    for (Stream* stream : STREAMS) run_all(stream);
    free(memory);
    return SUCCESS;
}
CALL(cuMemAlloc_v2, void** memory, size_t bytes) return allocate(memory, bytes); }
CALL(cuMemAllocAsync, void** memory, size_t bytes, Stream*) return allocate(memory, bytes); }
CALL(cuMemHostAlloc, void** memory, size_t bytes, unsigned) return allocate(memory, bytes); }
CALL(cuMemFree_v2, void* memory) return release(memory); }
CALL(cuMemFreeAsync, void* memory, Stream*) return release(memory); }
CALL(cuMemFreeHost, void* memory) return release(memory); }

static void queue_copy(Stream* stream, void* to, const void* from, size_t bytes) {
    put(stream, [=] { memcpy(to, from, bytes); });
}
CALL(cuMemcpyHtoDAsync_v2, void* to, const void* from, size_t bytes, Stream* stream) queue_copy(stream, to, from, bytes); END
CALL(cuMemcpyDtoHAsync_v2, void* to, void* from, size_t bytes, Stream* stream) queue_copy(stream, to, from, bytes); END
CALL(cuMemsetD8Async, void* to, unsigned char value, size_t bytes, Stream* stream)
    put(stream, [=] { memset(to, value, bytes); });
END

CALL(cuLaunchKernel, const Kernel* kernel, unsigned blocks, unsigned, unsigned, unsigned threads, unsigned, unsigned,
     unsigned, Stream* stream, void** arguments, void**)
    if (fails_by("refuses")) {
        spoils();
        return LAUNCH_FAILED;
    }
    Launch launch = spoilt_bytes(kernel, (*kernel)(arguments, blocks, threads), arguments);
    auto is = [&](const char* name) { return kernel == &KERNELS.at(name); };
    bool answers = is("pelton_ed25519") || is("pelton_secp256k1_end");
    bool knows = is("pelton_ed25519_known") || is("pelton_secp256k1_known_end");
    bool learns = is("pelton_ed25519_know") || is("pelton_secp256k1_know");
    bool sums = is("pelton_ed25519_groups");
    uint8_t* verdicts = answers || knows ? *static_cast<uint8_t**>(arguments[0]) : nullptr;
    const Task* order = knows ? *static_cast<const Task**>(arguments[5]) : nullptr;
    const Part* part = answers || knows || sums ? *static_cast<const Part**>(arguments[6]) : nullptr;
    uint8_t* scratch = sums ? *static_cast<uint8_t**>(arguments[7]) : nullptr;
    put(stream, [=] {
        if (fails_by("silent") || (learns && fails_by("forgetful"))) return;
        launch();
        if (knows) note_known(verdicts, order + part->first, part->count);
        if (sums) note_held(part->count, scratch);
        if (answers) spoil(verdicts, part->count);
    });
END

CALL(cuStreamBeginCapture_v2, Stream* stream, int)
    if (fails_by("no-capture") || stream->is_recording) return NOT_SUPPORTED;
    stream->is_recording = true;
    stream->is_spoilt = false;
    stream->recorded.clear();
    RECORDING = stream;
END
CALL(cuStreamEndCapture, Stream* stream, Graph** graph)
    stream->is_recording = false;
    RECORDING = nullptr;
    *graph = nullptr;
    if (stream->is_spoilt) return CAPTURE_INVALIDATED;
    *graph = new Graph(std::move(stream->recorded));
END
CALL(cuGraphInstantiateWithFlags, Graph** executable, Graph* graph, unsigned long long)
    if (fails_by("no-graph")) return NOT_SUPPORTED;
    *executable = new Graph(*graph);
    note(".recorded", 1);
END
CALL(cuGraphLaunch, Graph* executable, Stream* stream)
    if (fails_by("refuses")) return LAUNCH_FAILED;
    if (fails_by("no-graph-launch")) return NOT_SUPPORTED;
    for (const Command& command : *executable) put(stream, command);
    note(".graphs", 1);
END
CALL(cuGraphExecDestroy, Graph* executable) delete executable; END
CALL(cuGraphDestroy, Graph* graph) delete graph; END
