// Training steps as single launches; cupy_kernels.py checks arguments and launches them.
//
// A thread block takes one block of text after the other: it copies the rows that the block needs to
// shared memory, makes the scores, errors and changes there, and adds the changes to the tables with
// atomics. Thread blocks run side by side, so what the tokens in flight add to one row is counted in
// `flight`, and each change is scaled by min(1, cap / (alpha terms in flight)): alone, a thread block
// does what the composed step does with one block (w2v/layers/update.py has the reason for the cap).
//
// Rows in shared memory are `wide` = dim | 1 floats apart, so that threads that read one column of
// many rows do not collide.

typedef unsigned int u32;
typedef unsigned long long u64;

// ---- draws, as w2v/draws.py and Backend.random_bits have them ----

__device__ u64 random_bits(u64 start, u64 counter) {
    u64 z = counter * 0x9E3779B97F4A7C15ull + start;
    z ^= z >> 30;
    z *= 0xBF58476D1CE4E5B9ull;
    z ^= z >> 27;
    z *= 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

__device__ u32 below(u32 bound, u32 bits) {
    return (u32)(((u64)bits * bound) >> 32);
}

__device__ int noise_word(const u32* accept, const int* alias, int words, u64 bits) {
    u32 column = below((u32)words, (u32)(bits >> 32));
    return (u32)bits <= accept[column] ? (int)column : alias[column];
}

extern "C" __global__ void draw_kept(
    const int* ids, const u32* limits, u64 start, long long begin, int size, int* kept
) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < size; i += gridDim.x * blockDim.x)
        kept[i] = (u32)(random_bits(start, (u64)(begin + i)) >> 32) <= limits[ids[i]];
}

__device__ int before(const int* ranks, int i) {  // kept tokens before the i-th drawn one
    return i > 0 ? ranks[i - 1] : 0;
}

// Kept tokens side by side, and how far each one's window reaches within its sentence.
extern "C" __global__ void cut_windows(
    const int* ids, const int* kept, const int* ranks, const long long* ends, int sentences,
    u64 start, long long begin, int size, int window, int fixed,
    int* out_ids, short* left, short* right
) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < size; i += gridDim.x * blockDim.x) {
        if (!kept[i]) continue;
        long long position = begin + i;
        int low = 0, high = sentences;  // the first sentence that ends after the token
        while (low < high) {
            int middle = (low + high) / 2;
            if (ends[middle] > position) high = middle;
            else low = middle + 1;
        }
        long long first = (low > 0 ? ends[low - 1] : 0) - begin, last = ends[low] - begin;
        int place = ranks[i] - 1;
        int reach_left = place - before(ranks, first > 0 ? (int)first : 0);
        int reach_right = before(ranks, last < size ? (int)last : size) - 1 - place;
        int width = fixed ? window : 1 + (int)below(window, (u32)random_bits(start, (u64)position));
        out_ids[place] = ids[i];
        left[place] = (short)min(width, reach_left);
        right[place] = (short)min(width, reach_right);
    }
}

// ---- what the steps share ----

__device__ float sigmoid(float x) {
    return 1.0f / (1.0f + expf(-x));
}

__device__ float softplus(float x) {  // -log sigmoid(-x)
    return fmaxf(x, 0.0f) + log1pf(expf(-fabsf(x)));
}

// The tokens of one chunk among the kept ones.
struct Chunk {
    int first, kept;
    __device__ Chunk(const int* ranks, int offset, int own, int tokens, int chunk) {
        int low = offset + chunk * tokens, high = min(low + tokens, offset + own);
        first = before(ranks, low);
        kept = before(ranks, high) - first;
    }
};

__device__ void fetch(
    float* rows, int wide, const float* table, int stride, const int* ids, int count, int dim
) {
    for (int i = threadIdx.x; i < count * dim; i += blockDim.x)
        rows[i / dim * wide + i % dim] = table[(size_t)ids[i / dim] * stride + i % dim];
}

__device__ float dot(const float* a, const float* b, int dim) {
    float sum = 0;
    for (int k = 0; k < dim; k++) sum += a[k] * b[k];
    return sum;
}

// sum over n of weights[n * step] * rows[n][k]
__device__ float combined(
    const float* weights, int step, const float* rows, int wide, int count, int k
) {
    float sum = 0;
    for (int n = 0; n < count; n++) sum += weights[n * step] * rows[n * wide + k];
    return sum;
}

__device__ void take_off(int* flight, const int* ids, const int* terms, int count) {
    for (int i = threadIdx.x; i < count; i += blockDim.x)
        if (terms[i]) atomicAdd(flight + ids[i], terms[i]);
}

__device__ void land(int* flight, const int* ids, const int* terms, int count) {
    for (int i = threadIdx.x; i < count; i += blockDim.x)
        if (terms[i]) atomicAdd(flight + ids[i], -terms[i]);
}

// From so many terms on a row is frozen: its counter begins with them.
const int FROZEN = 1 << 30;

// What each row's change is scaled by. `step` is alpha / cap for one term.
__device__ void scales(
    float* factors, int* flight, const int* ids, const int* terms, int count, float step
) {
    for (int i = threadIdx.x; i < count; i += blockDim.x) {
        if (!terms[i]) continue;
        const int all = atomicAdd(flight + ids[i], 0);
        factors[i] = all >= FROZEN ? 0.0f : 1.0f / fmaxf(1.0f, step * (float)all);
    }
}

struct Sums {
    double kept, loss, pairs;
    __device__ Sums() : kept(0), loss(0), pairs(0) {}
    __device__ void give(double* sums) const {
        if (kept != 0) atomicAdd(sums, kept);
        if (loss != 0) atomicAdd(sums + 1, loss);
        if (pairs != 0) atomicAdd(sums + 2, pairs);
    }
};

// Pieces of shared memory, each on 16 bytes.
struct Memory {
    float* at;
    __device__ explicit Memory(float* memory) : at(memory) {}
    __device__ float* floats(int count) {
        float* taken = at;
        at += (count + 3) / 4 * 4;
        return taken;
    }
    __device__ int* ints(int count) { return reinterpret_cast<int*>(floats(count)); }
};

// ---- negative sampling: terms are counted in 1 / shared of a term, so that they are integers ----

#define TEXT \
    const int *ids, const short *left, const short *right, const int *ranks, int size, int offset, \
    int own, int chunk_tokens, int chunks, long long first_chunk
#define TABLES \
    float *input, float *output, int dim, int stride_in, int stride_out, int *flight_in, \
    int *flight_out
#define RATE float alpha, float alpha_step, float cap, int loss_every, double *sums
#define NOISE const u32 *accept, const int *alias, int words, u64 noise_start, int negative, int shared

// Contexts in the core against the centres of the halo and noise words that the block shares.
extern "C" __global__ void skipgram_shared(TABLES, TEXT, NOISE, RATE, int window, int block) {
    extern __shared__ float memory[];
    const int span = block + 2 * window, count = span + shared, wide = dim | 1;
    Memory take(memory);
    float* errors = take.floats(count * block);
    float* hidden = take.floats(block * wide);
    float* rows = take.floats(count * wide);
    float* factors_in = take.floats(block);
    float* factors = take.floats(count);
    int* core = take.ints(block);
    int* words_of = take.ints(count);
    int* from = take.ints(span);  // of the core tokens in a centre's window, the first
    int* until = take.ints(span);
    int* pairs_of = take.ints(block);
    int* terms_in = take.ints(block);
    int* terms = take.ints(count);
    const int per_chunk = (chunk_tokens + block - 1) / block, total = ranks[size - 1];
    const float each = (float)negative / shared;
    Sums found;
    for (int item = blockIdx.x; item < chunks * per_chunk; item += gridDim.x) {
        const int c = item / per_chunk, b = item % per_chunk;
        const Chunk chunk(ranks, offset, own, chunk_tokens, c);
        const int tokens = min(block, chunk.kept - b * block), at = chunk.first + b * block;
        if (tokens <= 0) continue;
        const u64 number = (u64)(first_chunk + c) * per_chunk + b;
        const float blocks = (float)((chunk.kept + block - 1) / block);
        const float rate = alpha + alpha_step * (c + b / blocks), step = rate / cap / shared;
        const bool measure = number % loss_every == 0;
        for (int t = threadIdx.x; t < block; t += blockDim.x) {
            core[t] = t < tokens ? ids[at + t] : 0;
            pairs_of[t] = 0;
        }
        for (int j = threadIdx.x; j < span; j += blockDim.x) {
            const int place = at + j - window, centre = j - window;
            const bool inside = place >= 0 && place < total;
            words_of[j] = inside ? ids[place] : 0;
            from[j] = inside ? max(0, centre - left[place]) : 0;
            until[j] = inside ? min(tokens, centre + right[place] + 1) : 0;
        }
        for (int n = threadIdx.x; n < shared; n += blockDim.x)
            words_of[span + n] =
                noise_word(accept, alias, words, random_bits(noise_start, number * shared + n));
        __syncthreads();
        fetch(hidden, wide, input, stride_in, core, tokens, dim);
        fetch(rows, wide, output, stride_out, words_of, count, dim);
        for (int j = threadIdx.x; j < span; j += blockDim.x) {
            const int centre = j - window;
            const int itself = from[j] <= centre && centre < until[j];
            const int pairs = max(0, until[j] - from[j]) - itself;
            terms[j] = pairs * shared;
            for (int t = from[j]; t < until[j]; t++)
                if (t != centre) atomicAdd(pairs_of + t, 1);
        }
        __syncthreads();
        int all = 0;
        for (int t = 0; t < tokens; t++) all += pairs_of[t];
        for (int t = threadIdx.x; t < block; t += blockDim.x)
            terms_in[t] = pairs_of[t] * (1 + negative) * shared;
        for (int n = threadIdx.x; n < shared; n += blockDim.x) terms[span + n] = all * negative;
        for (int i = threadIdx.x; i < count * block; i += blockDim.x) {
            const int n = i / block, t = i % block;
            const bool true_word = n < span;
            const bool counts =
                true_word ? from[n] <= t && t < until[n] && t != n - window : pairs_of[t] > 0;
            float error = 0;
            if (counts) {
                const float score = dot(hidden + t * wide, rows + n * wide, dim);
                const float weight = true_word ? 1.0f : each * pairs_of[t];
                error = rate * weight * ((true_word ? 1.0f : 0.0f) - sigmoid(score));
                if (measure) found.loss += weight * softplus(true_word ? -score : score);
            }
            errors[i] = error;
        }
        if (threadIdx.x == 0) {
            found.kept += tokens;
            if (measure) found.pairs += all;
        }
        __syncthreads();
        take_off(flight_in, core, terms_in, tokens);
        take_off(flight_out, words_of, terms, count);
        __syncthreads();
        scales(factors_in, flight_in, core, terms_in, tokens, step);
        scales(factors, flight_out, words_of, terms, count, step);
        __syncthreads();
        for (int i = threadIdx.x; i < tokens * dim; i += blockDim.x) {
            const int t = i / dim, k = i % dim;
            if (terms_in[t])
                atomicAdd(
                    input + (size_t)core[t] * stride_in + k,
                    factors_in[t] * combined(errors + t, block, rows, wide, count, k)
                );
        }
        for (int i = threadIdx.x; i < count * dim; i += blockDim.x) {
            const int n = i / dim, k = i % dim;
            if (terms[n])
                atomicAdd(
                    output + (size_t)words_of[n] * stride_out + k,
                    factors[n] * combined(errors + n * block, 1, hidden, wide, tokens, k)
                );
        }
        __syncthreads();
        land(flight_in, core, terms_in, tokens);
        land(flight_out, words_of, terms, count);
        __syncthreads();
    }
    found.give(sums);
}

// The mean or sum of each centre's window against the centre and noise words that the block shares.
extern "C" __global__ void cbow_shared(
    TABLES, TEXT, NOISE, RATE, int window, int block, int mean
) {
    extern __shared__ float memory[];
    const int span = block + 2 * window, count = block + shared, wide = dim | 1;
    Memory take(memory);
    float* errors = take.floats(shared * block);  // of the noise words
    float* own_errors = take.floats(block);
    float* context = take.floats(span * wide);
    float* hidden = take.floats(block * wide);
    float* d_hidden = take.floats(block * wide);
    float* rows = take.floats(count * wide);  // of the centres, then of the noise words
    float* factors_in = take.floats(span);
    float* factors = take.floats(count);
    int* words_in = take.ints(span);
    int* words_of = take.ints(count);
    int* from = take.ints(block);  // of the halo tokens in a centre's window, the first
    int* until = take.ints(block);
    int* terms_in = take.ints(span);
    int* terms = take.ints(count);
    const int per_chunk = (chunk_tokens + block - 1) / block, total = ranks[size - 1];
    const float each = (float)negative / shared;
    const float* noise_rows = rows + block * wide;
    Sums found;
    for (int item = blockIdx.x; item < chunks * per_chunk; item += gridDim.x) {
        const int c = item / per_chunk, b = item % per_chunk;
        const Chunk chunk(ranks, offset, own, chunk_tokens, c);
        const int tokens = min(block, chunk.kept - b * block), at = chunk.first + b * block;
        if (tokens <= 0) continue;
        const u64 number = (u64)(first_chunk + c) * per_chunk + b;
        const float blocks = (float)((chunk.kept + block - 1) / block);
        const float rate = alpha + alpha_step * (c + b / blocks), step = rate / cap / shared;
        const bool measure = number % loss_every == 0;
        for (int j = threadIdx.x; j < span; j += blockDim.x) {
            const int place = at + j - window;
            words_in[j] = place >= 0 && place < total ? ids[place] : 0;
            terms_in[j] = 0;
        }
        for (int t = threadIdx.x; t < block; t += blockDim.x) {
            words_of[t] = t < tokens ? ids[at + t] : 0;
            from[t] = t < tokens ? t + window - left[at + t] : 0;
            until[t] = t < tokens ? t + window + right[at + t] + 1 : 1;
        }
        for (int n = threadIdx.x; n < shared; n += blockDim.x)
            words_of[block + n] =
                noise_word(accept, alias, words, random_bits(noise_start, number * shared + n));
        __syncthreads();
        fetch(context, wide, input, stride_in, words_in, span, dim);
        fetch(rows, wide, output, stride_out, words_of, count, dim);
        for (int t = threadIdx.x; t < block; t += blockDim.x) {
            const int contexts = until[t] - from[t] - 1;
            terms[t] = contexts ? shared : 0;
            const int passed = contexts ? (1 + negative) * (mean ? 1 : contexts) * shared : 0;
            for (int j = from[t]; j < until[t]; j++)
                if (j != t + window) atomicAdd(terms_in + j, passed);
        }
        __syncthreads();
        int all = 0;
        for (int t = 0; t < tokens; t++) all += terms[t] != 0;
        for (int n = threadIdx.x; n < shared; n += blockDim.x) terms[block + n] = all * negative;
        for (int i = threadIdx.x; i < tokens * dim; i += blockDim.x) {
            const int t = i / dim, k = i % dim;
            float sum = 0;
            for (int j = from[t]; j < until[t]; j++)
                if (j != t + window) sum += context[j * wide + k];
            const int contexts = until[t] - from[t] - 1;
            hidden[t * wide + k] = mean ? sum / max(contexts, 1) : sum;
        }
        __syncthreads();
        for (int i = threadIdx.x; i < (1 + shared) * block; i += blockDim.x) {
            const int n = i / block, t = i % block;  // 0: the centre itself
            float error = 0;
            if (t < tokens && terms[t]) {
                const float* row = n ? noise_rows + (n - 1) * wide : rows + t * wide;
                const float score = dot(hidden + t * wide, row, dim);
                const float weight = n ? each : 1.0f;
                error = rate * weight * ((n ? 0.0f : 1.0f) - sigmoid(score));
                if (measure) found.loss += weight * softplus(n ? score : -score);
            }
            if (n) errors[i - block] = error;
            else own_errors[t] = error;
        }
        if (threadIdx.x == 0) {
            found.kept += tokens;
            if (measure) found.pairs += all;
        }
        __syncthreads();
        take_off(flight_in, words_in, terms_in, span);
        take_off(flight_out, words_of, terms, count);
        for (int i = threadIdx.x; i < tokens * dim; i += blockDim.x) {
            const int t = i / dim, k = i % dim;
            d_hidden[t * wide + k] = own_errors[t] * rows[t * wide + k] +
                                     combined(errors + t, block, noise_rows, wide, shared, k);
        }
        __syncthreads();
        scales(factors_in, flight_in, words_in, terms_in, span, step);
        scales(factors, flight_out, words_of, terms, count, step);
        __syncthreads();
        for (int i = threadIdx.x; i < span * dim; i += blockDim.x) {
            const int j = i / dim, k = i % dim;
            if (!terms_in[j]) continue;
            float sum = 0;
            for (int t = max(0, j - 2 * window); t < min(tokens, j + 1); t++)
                if (from[t] <= j && j < until[t] && j != t + window) sum += d_hidden[t * wide + k];
            atomicAdd(input + (size_t)words_in[j] * stride_in + k, factors_in[j] * sum);
        }
        for (int i = threadIdx.x; i < count * dim; i += blockDim.x) {
            const int n = i / dim, k = i % dim;
            if (!terms[n]) continue;
            const float change =
                n < block
                    ? own_errors[n] * hidden[n * wide + k]
                    : combined(errors + (n - block) * block, 1, hidden, wide, tokens, k);
            atomicAdd(output + (size_t)words_of[n] * stride_out + k, factors[n] * change);
        }
        __syncthreads();
        land(flight_in, words_in, terms_in, span);
        land(flight_out, words_of, terms, count);
        __syncthreads();
    }
    found.give(sums);
}

// ---- hierarchical softmax: a centre at a time ----

#define PATHS const long long *offsets, const int *nodes, const unsigned char *codes, int longest

// The contexts of a centre (with `averaged` their mean or sum) against the nodes of its path.
extern "C" __global__ void steps_on_paths(
    TABLES, TEXT, PATHS, RATE, int window, int averaged, int mean
) {
    extern __shared__ float memory[];
    const int most = 2 * window, wide = dim | 1;
    Memory take(memory);
    float* errors = take.floats(longest * most);
    float* context = take.floats(most * wide);
    float* bag = take.floats(averaged ? wide : 0);
    float* d_bag = take.floats(averaged ? wide : 0);
    float* rows = take.floats(longest * wide);
    float* factors_in = take.floats(most);
    float* factors = take.floats(longest);
    int* words_in = take.ints(most);
    int* terms_in = take.ints(most);
    int* terms = take.ints(longest);
    Sums found;
    for (int item = blockIdx.x; item < chunks * chunk_tokens; item += gridDim.x) {
        const int c = item / chunk_tokens, b = item % chunk_tokens;
        const Chunk chunk(ranks, offset, own, chunk_tokens, c);
        if (b >= chunk.kept) continue;
        const int at = chunk.first + b, to_left = left[at], contexts = to_left + right[at];
        if (threadIdx.x == 0) found.kept += 1;
        if (contexts == 0) continue;
        const int word = ids[at];
        const long long begin = offsets[word];
        const int length = (int)(offsets[word + 1] - begin);
        const int* path = nodes + begin;
        const u64 number = (u64)(first_chunk + c) * chunk_tokens + b;
        const float rate = alpha + alpha_step * (c + (float)b / chunk.kept), step = rate / cap;
        const bool measure = number % loss_every == 0;
        const int hiddens = averaged ? 1 : contexts;
        const int passed = averaged && !mean ? length * contexts : length;
        for (int j = threadIdx.x; j < contexts; j += blockDim.x) {
            words_in[j] = ids[at - to_left + j + (j >= to_left)];
            terms_in[j] = passed;
        }
        for (int n = threadIdx.x; n < length; n += blockDim.x) terms[n] = hiddens;
        if (threadIdx.x == 0 && measure) found.pairs += hiddens;
        __syncthreads();
        fetch(context, wide, input, stride_in, words_in, contexts, dim);
        fetch(rows, wide, output, stride_out, path, length, dim);
        take_off(flight_in, words_in, terms_in, contexts);
        take_off(flight_out, path, terms, length);
        __syncthreads();
        if (averaged) {
            const float share = mean ? 1.0f / contexts : 1.0f;
            for (int k = threadIdx.x; k < dim; k += blockDim.x) {
                float sum = 0;
                for (int j = 0; j < contexts; j++) sum += context[j * wide + k];
                bag[k] = share * sum;
            }
            __syncthreads();
        }
        const float* hidden = averaged ? bag : context;
        for (int i = threadIdx.x; i < length * hiddens; i += blockDim.x) {
            const int n = i / hiddens, j = i % hiddens;
            const float score = dot(hidden + j * wide, rows + n * wide, dim);
            const float label = codes[begin + n] ? 0.0f : 1.0f;
            errors[i] = rate * (label - sigmoid(score));
            if (measure) found.loss += softplus(label != 0 ? -score : score);
        }
        scales(factors_in, flight_in, words_in, terms_in, contexts, step);
        scales(factors, flight_out, path, terms, length, step);
        __syncthreads();
        for (int i = threadIdx.x; i < length * dim; i += blockDim.x) {
            const int n = i / dim, k = i % dim;
            atomicAdd(
                output + (size_t)path[n] * stride_out + k,
                factors[n] * combined(errors + n * hiddens, 1, hidden, wide, hiddens, k)
            );
        }
        if (averaged) {
            for (int k = threadIdx.x; k < dim; k += blockDim.x)
                d_bag[k] = combined(errors, 1, rows, wide, length, k);
            __syncthreads();
        }
        for (int i = threadIdx.x; i < contexts * dim; i += blockDim.x) {
            const int j = i / dim, k = i % dim;
            const float change =
                averaged ? d_bag[k] : combined(errors + j, hiddens, rows, wide, length, k);
            atomicAdd(input + (size_t)words_in[j] * stride_in + k, factors_in[j] * change);
        }
        __syncthreads();
        land(flight_in, words_in, terms_in, contexts);
        land(flight_out, path, terms, length);
        __syncthreads();
    }
    found.give(sums);
}

// ---- sums in a fixed order ----

// table[ids[i]] += rows[order[i]] for sorted ids: the first thread block of a run of equal ids adds
// its rows one after the other, so that equal input gives equal bits.
extern "C" __global__ void add_sorted(
    float* table, int stride, int dim, const int* ids, const long long* order, const float* rows,
    int count
) {
    for (int i = blockIdx.x; i < count; i += gridDim.x) {
        if (i > 0 && ids[i - 1] == ids[i]) continue;
        for (int k = threadIdx.x; k < dim; k += blockDim.x) {
            float sum = 0;
            for (int j = i; j < count && ids[j] == ids[i]; j++) sum += rows[order[j] * dim + k];
            table[(size_t)ids[i] * stride + k] += sum;
        }
    }
}
