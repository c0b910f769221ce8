// Training steps as single launches; cupy_kernels.py checks arguments and launches them. All of it
// is one text, because CuPy compiles one: first draws and windows, then, once, what the steps have
// in common, from the walk over the blocks to the row-step cap, then each step's own.
//
// A thread block takes one block of text after the other: it copies the rows that the block needs
// to shared memory, makes the scores, errors and changes there, and adds the changes to the tables
// with atomics. Thread blocks run side by side, so what the tokens in flight add to one row is
// counted in `flight`, from before they read it until they have changed it, and each change is
// scaled by min(1, cap / (alpha terms in flight)): alone, a thread block does what the composed
// step does with one block (w2v/layers/update.py says what counts, and why).
//
// Rows in shared memory are filled up with zeros to whole float4s, and `wide_of(dim)` floats apart:
// an odd number of float4s, so that threads that read one column of many rows do not collide. Rows
// of a table are read and changed by float4s where they begin on 16 bytes.

typedef unsigned int u32;
typedef unsigned long long u64;

#ifndef WARP
#define WARP 32  // threads that share out a row; a constant, as divisions by a variable are slow
#endif
#ifndef FOUR_AT_ONCE
#define FOUR_AT_ONCE (__CUDA_ARCH__ >= 900)  // atomics of a float4
#endif
#ifndef IN_BULK
#define IN_BULK (ROWS_IN_BULK && __CUDA_ARCH__ >= 900)  // rows by the copying unit, where asked for
#endif

// ---- draws, as w2v/training/draws.py and Backend.random_bits have them ----

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

__device__ bool is_measured(u64 start, u64 number, u32 every) {
    const u32 upper = (u32)(random_bits(start, number / every) >> 32);
    return number % every == below(every, upper);
}

// The noise words that a block shares.
__device__ void draw_noise(
    int* out, const u32* accept, const int* alias, int words, u64 start, int shared, u64 number
) {
    for (int n = threadIdx.x; n < shared; n += blockDim.x)
        out[n] = noise_word(accept, alias, words, random_bits(start, number * shared + n));
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
    const int* ids, const int* kept, const int* ranks, const long long* ends, long long sentences,
    u64 start, long long begin, int size, int window, int fixed,
    int* out_ids, short* left, short* right
) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < size; i += gridDim.x * blockDim.x) {
        if (!kept[i]) continue;
        long long position = begin + i;
        long long low = 0, high = sentences;  // the first sentence that ends after the token
        while (low < high) {
            long long middle = (low + high) / 2;
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

// A block of text among the kept tokens.
struct Block {
    int at, tokens;  // the first, and how many; where the chunk has ended, 0 or less
    u64 number;
    float rate, step;  // the learning rate; and alpha / cap for one term
    bool measure;      // the loss
};

// The blocks of some chunks, each of which has a whole number of them.
struct Walk {
    const int* ranks;
    int offset, own, chunk_tokens, chunks;
    long long first_chunk;
    float alpha, alpha_step, cap;
    int loss_every;
    u64 loss_start;
    int* handed_out;
    int block;
    __device__ int per_chunk() const { return (chunk_tokens + block - 1) / block; }
    __device__ int count() const { return chunks * per_chunk(); }
    // The next item that no thread block has: who is quick gets more, and one alone all in order.
    __device__ int take(int* shared_item) const {
        if (threadIdx.x == 0) *shared_item = atomicAdd(handed_out, 1);
        __syncthreads();
        const int item = *shared_item;
        __syncthreads();  // before the next is there
        return item;
    }
    __device__ Block operator[](int item) const {
        const int c = item / per_chunk(), b = item % per_chunk();
        const int low = offset + c * chunk_tokens, high = min(low + chunk_tokens, offset + own);
        const int first = before(ranks, low), kept = before(ranks, high) - first;
        const float blocks = (float)((kept + block - 1) / block);
        const float rate = alpha + alpha_step * (c + b / blocks);
        const u64 number = (u64)(first_chunk + c) * per_chunk() + b;
        const int tokens = min(block, kept - b * block);
        const bool measure = is_measured(loss_start, number, loss_every);
        return {first + b * block, tokens, number, rate, rate / cap, measure};
    }
};

struct Sums {
    double kept, loss, pairs, met;
    __device__ Sums() : kept(0), loss(0), pairs(0), met(0) {}
    __device__ void count(const Block& block, int block_pairs, int rows = 0) {  // once a block
        if (threadIdx.x != 0) return;
        kept += block.tokens;
        if (!block.measure) return;
        pairs += block_pairs;
        met += block_pairs * rows;
    }
    __device__ void give(double* sums) const {
        if (kept != 0) atomicAdd(sums, kept);
        if (loss != 0) atomicAdd(sums + 1, loss);
        if (pairs != 0) atomicAdd(sums + 2, pairs);
        if (met != 0) atomicAdd(sums + 3, met);
    }
};

// rate weight (label - sigmoid(score)); the loss is added up where it is measured
__device__ float error_of(float score, bool label, float weight, const Block& block, Sums& found) {
    if (block.measure) found.loss += weight * softplus(label ? -score : score);
    return block.rate * weight * ((label ? 1.0f : 0.0f) - sigmoid(score));
}

__device__ int padded(int count) {
    return (count + 3) & ~3;
}

// a / b; for numbers below 2^20 the quotient of floats has the same whole part, and is quick. By 0,
// of a tree of one word without nodes, it is a: there is nothing to share out.
__device__ int quotient(int a, int b) {
    return (int)((a + 0.5f) / max(b, 1));
}

// Pieces of shared memory, each on 16 bytes.
struct Memory {
    float* at;
    __device__ explicit Memory(float* memory) : at(memory) {}
    __device__ float* floats(int count) {
        float* taken = at;
        at += padded(count);
        return taken;
    }
    __device__ int* ints(int count) { return reinterpret_cast<int*>(floats(count)); }
};

__device__ int wide_of(int dim) {
    return padded(dim) | 4;
}

__device__ float4 load(const float* place) {
    return *reinterpret_cast<const float4*>(place);
}

__device__ void store(float* place, float4 value) {
    *reinterpret_cast<float4*>(place) = value;
}

// Where a row of a table begins: one multiplication, where signed numbers take three.
__device__ size_t begin_of(int row, int stride) {
    return (u64)(u32)row * (u32)stride;
}

// Copies rows of a table to shared memory, four rows a warp at a time. They come from the L2 cache,
// where the atomics of all multiprocessors meet: one's own would keep what it once read.
template <class T>  // float or float4
__device__ void fetch_by(
    float* rows, int wide, const float* table, int stride, const int* ids, int count, int dim
) {
    constexpr int floats = sizeof(T) / sizeof(float);
    for (int first = threadIdx.x / WARP * 4; first < count; first += blockDim.x / WARP * 4)
#pragma unroll 1
        for (int k = threadIdx.x % WARP * floats; k < wide; k += WARP * floats) {
            T values[4];
#pragma unroll
            for (int i = 0; i < 4; i++) {
                const float* place = table + begin_of(ids[min(first + i, count - 1)], stride) + k;
                values[i] = k < dim ? __ldcg(reinterpret_cast<const T*>(place)) : T{};
            }
#pragma unroll
            for (int i = 0; i < 4; i++)
                if (first + i < count)
                    *reinterpret_cast<T*>(rows + (first + i) * wide + k) = values[i];
        }
}

#if IN_BULK && !defined(BULK)  // a stand-in for a device has its own
#define BULK(...) asm volatile(__VA_ARGS__ : "memory")

__device__ u32 shared_place(const void* place) {
    return (u32)__cvta_generic_to_shared(place);
}

// Whoever waits at this barrier waits for one thread that says how many bytes are to come.
__device__ void bulk_begin(u64* barrier) {
    BULK("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(shared_place(barrier)));
    BULK("fence.proxy.async.shared::cta;" ::);
}

__device__ void bulk_expect(u64* barrier, u32 bytes) {
    BULK(
        "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_place(barrier)),
        "r"(bytes)
    );
}

__device__ void bulk_copy(float* row, const float* place, u32 bytes, u64* barrier) {
    BULK(
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::
            "r"(shared_place(row)),
        "l"(place), "r"(bytes), "r"(shared_place(barrier))
    );
}

__device__ void bulk_wait(u64* barrier, u32 phase) {
    BULK(
        "{ .reg .pred p; again: mbarrier.try_wait.parity.shared::cta.b64 p, [%0], %1;"
        " @!p bra again; }" ::"r"(shared_place(barrier)),
        "r"(phase)
    );
}

// What threads have written, or know to be written, is there for the copying unit.
__device__ void bulk_fence() {
    BULK("fence.proxy.async;" ::);
}

__device__ void bulk_add(float* place, const float* row, u32 bytes) {
    BULK(
        "cp.reduce.async.bulk.global.shared::cta.bulk_group.add.f32 [%0], [%1], %2;" ::"l"(place),
        "r"(shared_place(row)), "r"(bytes)
    );
}

// What this thread has had added is in the tables.
__device__ void bulk_added() {
    BULK("cp.async.bulk.commit_group; cp.async.bulk.wait_group 0;" ::);
}
#endif

// How rows come to shared memory: by the threads, or in bulk, where they are whole float4s.
class Carrier {
#if IN_BULK
    u64* barrier;
    u32 phase = 0, bytes = 0;  // of rows that are under way
    bool bulk;
#endif

   public:
#if IN_BULK
    __device__ Carrier(u64* barrier, int dim, int stride_in, int stride_out)
        : barrier(barrier), bulk((dim | stride_in | stride_out) % 4 == 0) {
        if (threadIdx.x == 0) bulk_begin(barrier);
        __syncthreads();
    }
    __device__ bool in_bulk() const { return bulk; }
#else
    __device__ Carrier(u64*, int, int, int) {}
    __device__ bool in_bulk() const { return false; }
#endif
    // Rows are begun one lane of a warp after the other, so all warps have some.
    __device__ static int first() {
        return threadIdx.x % WARP * (blockDim.x / WARP) + threadIdx.x / WARP;
    }
    // Rows to shared memory, filled up with zeros.
    __device__ void fetch(
        float* rows, int wide, const float* table, int stride, const int* ids, int count, int dim
    ) {
#if IN_BULK
        if (bulk) {
            for (int n = first(); n < count; n += blockDim.x) {
                const float* place = table + begin_of(ids[n], stride);
                bulk_copy(rows + n * wide, place, 4 * dim, barrier);
                if (dim < wide) store(rows + n * wide + dim, {});
            }
            bytes += 4 * dim * count;
            return;
        }
#endif
        if (stride % 4 == 0) fetch_by<float4>(rows, wide, table, stride, ids, count, dim);
        else fetch_by<float>(rows, wide, table, stride, ids, count, dim);
    }
    // All threads have all that was fetched.
    __device__ void arrived() {
#if IN_BULK
        if (bulk) {
            if (threadIdx.x == 0) bulk_expect(barrier, bytes);
            bulk_wait(barrier, phase);
            phase ^= 1;
            bytes = 0;
        }
#endif
        __syncthreads();
    }
    // A barrier after which changes in shared memory can be added.
    __device__ void changed() const {
#if IN_BULK
        bulk_fence();
#endif
        __syncthreads();
    }
    // And one after which what was added is in the tables.
    __device__ void added() const {
#if IN_BULK
        bulk_added();
        bulk_fence();  // the next rows come where threads have written
#endif
        __syncthreads();
    }
    // What scales changes before they are in shared memory, as bulk needs it.
    __device__ const float* early(const float* factors) const {
        return in_bulk() ? factors : nullptr;
    }
};

// ---- products in tiles: what is read from shared memory is used several times in registers ----

__device__ void add_scaled(float4& sum, float factor, float4 values) {
    sum.x += factor * values.x;
    sum.y += factor * values.y;
    sum.z += factor * values.z;
    sum.w += factor * values.w;
}

__device__ float4 scaled(float factor, float4 values) {
    return {factor * values.x, factor * values.y, factor * values.z, factor * values.w};
}

__device__ float scaled(float factor, float value) {
    return factor * value;
}

__device__ void add_product(float& sum, float4 a, float4 b) {  // a chain of multiply-adds
    sum += a.x * b.x;
    sum += a.y * b.y;
    sum += a.z * b.z;
    sum += a.w * b.w;
}

// A piece of a row, where rows are cut into parts so that all threads have some work.
struct Piece {
    int part, number, first, last;  // of the row; and the piece's floats
    __device__ Piece(int work, int count, int parts, int wide) {
        part = quotient(work, count);
        const int fours = wide >> 2;
        number = work - part * count;
        first = quotient(part * fours, parts) << 2;
        last = quotient((part + 1) * fours, parts) << 2;
    }
};

// How many parts give each thread one of so many products; there is room for `most`.
__device__ int parts_of(int products, int wide, int most) {
    return max(1, min(min(quotient(blockDim.x, products), wide >> 2), most));
}

__device__ float sum_of(const float* parts, int count, int apart) {
    float sum = 0;
    for (int part = 0; part < count; part++) sum += parts[part * apart];
    return sum;
}

__device__ int tiles_of(int lanes, int count) {
    return ((count + 1) >> 1) * (lanes >> 2);
}

// scores[n * lanes + t] = rows[n] . hidden[t] for count rows and `lanes` (a multiple of 4) hidden
// vectors, by tiles of 2 x 4. The rows of a tile are far apart, and threads side by side read rows
// side by side, which begin in different banks. Of rows in parts there are as many such arrays, one
// after the other, which add up to the scores.
__device__ void score(
    float* scores, int lanes, const float* rows, int count, const float* hidden, int wide,
    int parts = 1
) {
    const int across = lanes >> 2, half = (count + 1) >> 1, tiles = half * across;
    for (int work = threadIdx.x; work < tiles * parts; work += blockDim.x) {
        const Piece piece(work, tiles, parts, wide);
        const int n = quotient(piece.number, across), t = piece.number - n * across;
        const int next = min(n + half, count - 1);
        float* found = scores + piece.part * count * lanes;
        float sums[2][4] = {};
#pragma unroll 1
        for (int k = piece.first; k < piece.last; k += 4) {
            const float4 a[2] = {load(rows + n * wide + k), load(rows + next * wide + k)};
#pragma unroll
            for (int j = 0; j < 4; j++) {
                const float4 b = load(hidden + (t + j * across) * wide + k);
                add_product(sums[0][j], a[0], b);
                add_product(sums[1][j], a[1], b);
            }
        }
#pragma unroll
        for (int j = 0; j < 4; j++) {
            found[n * lanes + t + j * across] = sums[0][j];
            if (n + half < count) found[next * lanes + t + j * across] = sums[1][j];
        }
    }
}

// Squared lengths of `lanes` hidden vectors and then of rows, in parts as above.
__device__ void square(
    float* squares, const float* hidden, int lanes, const float* rows, int count, int wide,
    int parts = 1
) {
    for (int work = threadIdx.x; work < (lanes + count) * parts; work += blockDim.x) {
        const Piece piece(work, lanes + count, parts, wide);
        const int i = piece.number;
        const float* row = i < lanes ? hidden + i * wide : rows + (i - lanes) * wide;
        float sum = 0;
        for (int k = piece.first; k < piece.last; k += 4) {
            const float4 a = load(row + k);
            add_product(sum, a, a);
        }
        squares[work] = sum;
    }
}

// Both for one hidden vector.
__device__ void score_one(
    float* scores, float* squares, const float* rows, int count, const float* hidden, int wide,
    int parts
) {
    for (int work = threadIdx.x; work < (1 + count) * parts; work += blockDim.x) {
        const Piece piece(work, 1 + count, parts, wide);
        const float* row = piece.number == 0 ? hidden : rows + (piece.number - 1) * wide;
        float sum = 0, square = 0;
        for (int k = piece.first; k < piece.last; k += 4) {
            const float4 a = load(row + k);
            add_product(sum, a, load(hidden + k));
            add_product(square, a, a);
        }
        if (piece.number > 0) scores[piece.part * count + piece.number - 1] = sum;
        squares[work] = square;
    }
}

// The sum of rows, each by its weight, or without weights by `each`.
__device__ void add_up(
    float* sums, const float* rows, int count, int wide, const float* weights, float each = 0
) {
    for (int k = 4 * threadIdx.x; k < wide; k += 4 * blockDim.x) {
        float4 sum = {};
        for (int n = 0; n < count; n++)
            add_scaled(sum, weights ? weights[n] : each, load(rows + n * wide + k));
        store(sums + k, sum);
    }
}

// d_hidden[t] = sum over n of errors[n * lanes + t] * rows[n], by tiles of 4 x 4; times factors[t],
// where there are any. Of errors in a band only those with n from t to t + band are not 0.
__device__ void toward_hidden(
    float* d_hidden, const float* errors, int lanes, const float* rows, int count, int wide,
    const float* factors = nullptr, int band = -1
) {
    const int across = wide >> 2;
    for (int i = threadIdx.x; i < (lanes >> 2) * across; i += blockDim.x) {
        const int tile = quotient(i, across), t = tile << 2, k = (i - tile * across) << 2;
        const int first = band < 0 ? 0 : t, last = band < 0 ? count : min(count, t + 4 + band);
        float4 sums[4] = {};
        for (int n = first; n < last; n++) {
            const float4 factors = load(errors + n * lanes + t), row = load(rows + n * wide + k);
            add_scaled(sums[0], factors.x, row);
            add_scaled(sums[1], factors.y, row);
            add_scaled(sums[2], factors.z, row);
            add_scaled(sums[3], factors.w, row);
        }
#pragma unroll
        for (int j = 0; j < 4; j++) {
            if (factors) sums[j] = scaled(factors[t + j], sums[j]);
            store(d_hidden + (t + j) * wide + k, sums[j]);
        }
    }
}

// d_rows[n] = sum over t of errors[n * lanes + t] * hidden[t], by tiles of 4 x 4; factors and a band
// as above
__device__ void toward_rows(
    float* d_rows, const float* errors, int lanes, const float* hidden, int count, int wide,
    const float* factors = nullptr, int band = -1
) {
    const int across = wide >> 2;
    for (int i = threadIdx.x; i < (padded(count) >> 2) * across; i += blockDim.x) {
        const int tile = quotient(i, across), n = tile << 2, k = (i - tile * across) << 2;
        const int first = band < 0 ? 0 : max(0, n - band) & ~3;
        const int last = band < 0 ? lanes : min(lanes, n + 4);
        float4 sums[4] = {};
        for (int t = first; t < last; t += 4) {
            const float4 h[4] = {
                load(hidden + t * wide + k), load(hidden + (t + 1) * wide + k),
                load(hidden + (t + 2) * wide + k), load(hidden + (t + 3) * wide + k)
            };
#pragma unroll
            for (int j = 0; j < 4; j++) {
                const float4 factors = load(errors + min(n + j, count - 1) * lanes + t);
                add_scaled(sums[j], factors.x, h[0]);
                add_scaled(sums[j], factors.y, h[1]);
                add_scaled(sums[j], factors.z, h[2]);
                add_scaled(sums[j], factors.w, h[3]);
            }
        }
#pragma unroll
        for (int j = 0; j < 4; j++) {
            if (factors) sums[j] = scaled(factors[min(n + j, count - 1)], sums[j]);
            if (n + j < count) store(d_rows + (n + j) * wide + k, sums[j]);
        }
    }
}

// rows[n] = factors[n] * vector
__device__ void spread(
    float* rows, int count, int wide, const float* factors, const float* vector
) {
    const int across = wide >> 2;
    for (int i = threadIdx.x; i < count * across; i += blockDim.x) {
        const int n = quotient(i, across), k = (i - n * across) << 2;
        store(rows + n * wide + k, scaled(factors[n], load(vector + k)));
    }
}

// ---- changes, and the row-step cap ----

// Terms are counted in flight as integers, so that landing takes off what taking off has added.
const float PARTS = 1 << 20, MOST_TERMS = 1e7f;
// From so many parts of a term on a row is frozen: its counter begins with them.
const u64 FROZEN = 1ull << 62;

__device__ float4 absolute(float4 a) {
    return {fabsf(a.x), fabsf(a.y), fabsf(a.z), fabsf(a.w)};
}

// The load of hidden vectors and of rows, from their squared lengths: 2 |error| |other vector|^2,
// summed, where errors are `rate` times that.
__device__ void weigh(
    float* load_in, float* load_out, const float* errors, int lanes, const float* squares,
    const float* row_squares, int count, float rate
) {
    const float twice = 2.0f / fmaxf(rate, 1e-30f);
    for (int i = threadIdx.x; i < lanes + count; i += blockDim.x) {
        const bool of_row = i >= lanes;
        const int n = i - lanes;
        float sum = 0;
        if (of_row)
            for (int t = 0; t < lanes; t += 4)
                add_product(sum, absolute(load(errors + n * lanes + t)), load(squares + t));
        else
            for (int m = 0; m < count; m++) sum += fabsf(errors[m * lanes + i]) * row_squares[m];
        if (of_row) load_out[n] = twice * sum;
        else load_in[i] = twice * sum;
    }
}

// The same for one hidden vector, whose load is that of each of its contexts.
__device__ void weigh_one(
    float* load_in, int contexts, float* load_out, const float* errors, const float* squares,
    int count, float rate, int effect
) {
    const float twice = 2.0f / fmaxf(rate, 1e-30f);
    for (int n = threadIdx.x; n < count; n += blockDim.x)
        load_out[n] = twice * fabsf(errors[n]) * squares[0];
    for (int j = threadIdx.x; j < contexts; j += blockDim.x) {
        float sum = 0;
        for (int n = 0; n < count; n++) sum += fabsf(errors[n]) * squares[1 + n];
        load_in[j] = effect * twice * sum;
    }
}

// Rows of a table that a block of threads changes, all of them or, without terms, some.
struct Rows {
    float* table;
    int stride;
    u64* flight;  // parts of terms in flight on each row of the table
    const int* ids;
    float* terms;    // that the block adds to its rows; and then what counts, terms or load
    float* load;     // of these terms
    float* factors;  // parts in flight as the block sets out; and then what scales its changes
    int count;

    __device__ u64 parts(int i) const { return (u64)(PARTS * terms[i]); }

    // Before the block reads: what others add from then on is missing in its changes.
    __device__ void take_off() const {
        for (int i = threadIdx.x; i < count; i += blockDim.x) {
            if (terms[i] == 0) continue;
            terms[i] = fminf(terms[i], MOST_TERMS);
            factors[i] = (float)(atomicAdd(flight + ids[i], parts(i)) + parts(i));
        }
    }
    // The load is known when the errors are, and counts where it is more than the terms.
    __device__ void add_load() const {
        for (int i = threadIdx.x; i < count; i += blockDim.x) {
            if (terms[i] == 0 || load[i] <= terms[i]) continue;
            const u64 counted = parts(i);
            terms[i] = fminf(load[i], MOST_TERMS);
            atomicAdd(flight + ids[i], parts(i) - counted);
        }
    }
    __device__ void land() const {
        for (int i = threadIdx.x; i < count; i += blockDim.x)
            if (terms[i] != 0) atomicAdd(flight + ids[i], ~parts(i) + 1);  // less
    }

    // By those in flight now or when the block set out, whichever are more: of many that have read
    // the same row, the last to change it must not find itself alone.
    __device__ void scale(float step) const {
        for (int i = threadIdx.x; i < count; i += blockDim.x) {
            if (terms[i] == 0) continue;
            const u64 now = atomicAdd(flight + ids[i], 0ull);
            const float most = fmaxf(factors[i], (float)now);
            factors[i] = now >= FROZEN ? 0.0f : 1.0f / fmaxf(1.0f, step / PARTS * most);
        }
    }

    // Adds changes, scaled, a warp a row; with `wide` 0 one change to all.
    template <class T>  // float or float4
    __device__ void add_by(const float* changes, int wide, int dim) const {
        constexpr int floats = sizeof(T) / sizeof(float);
        for (int n = threadIdx.x / WARP; n < count; n += blockDim.x / WARP) {
            if (terms[n] == 0) continue;
            float* row = table + begin_of(ids[n], stride);
            const float factor = factors[n];
#pragma unroll 1
            for (int k = threadIdx.x % WARP * floats; k < dim; k += WARP * floats) {
                const T change = *reinterpret_cast<const T*>(changes + n * wide + k);
                atomicAdd(reinterpret_cast<T*>(row + k), scaled(factor, change));
            }
        }
    }
    // The same, scaled before, where they go in bulk.
    __device__ void add(const Carrier& carrier, const float* changes, int wide, int dim) const {
#if IN_BULK
        if (carrier.in_bulk()) {
            for (int n = Carrier::first(); n < count; n += blockDim.x) {
                if (terms[n] == 0) continue;
                bulk_add(table + begin_of(ids[n], stride), changes + n * wide, 4 * dim);
            }
            return;
        }
#endif
#if FOUR_AT_ONCE
        if (stride % 4 == 0) return add_by<float4>(changes, wide, dim);
#endif
        add_by<float>(changes, wide, dim);
    }
};

// Adds to both tables; when all is there, its terms are in flight no more.
__device__ void land(const Carrier& carrier, const Rows& in, const Rows& out) {
    carrier.added();
    in.land();
    out.land();
    __syncthreads();
}

// Changes both tables by what errors say.
__device__ void change(
    const Carrier& carrier, const Rows& in, const Rows& out, const float* errors, int lanes,
    const float* hidden, float* d_hidden, float* rows, int wide, int dim
) {
    if (carrier.in_bulk()) __syncthreads();  // factors are needed now
    toward_hidden(d_hidden, errors, lanes, rows, out.count, wide, carrier.early(in.factors));
    carrier.changed();
    toward_rows(rows, errors, lanes, hidden, out.count, wide, carrier.early(out.factors));
    in.add(carrier, d_hidden, wide, dim);
    carrier.changed();
    out.add(carrier, rows, wide, dim);
    land(carrier, in, out);
}

// The same where each row changes by its factor times one vector.
__device__ void change_by_one(
    const Carrier& carrier, const Rows& in, const Rows& out, float* context, const float* d_hidden,
    float* rows, const float* hidden, int wide, int dim
) {
    __syncthreads();
    if (carrier.in_bulk()) {
        spread(context, in.count, wide, in.factors, d_hidden);
        spread(rows, out.count, wide, out.factors, hidden);
        carrier.changed();
        in.add(carrier, context, wide, dim);
        out.add(carrier, rows, wide, dim);
    } else {
        in.add(carrier, d_hidden, 0, dim);
        out.add(carrier, hidden, 0, dim);
    }
    land(carrier, in, out);
}

// ---- the arguments of the steps ----

#define TABLES \
    float *input, float *output, int dim, int stride_in, int stride_out, u64 *flight_in, \
    u64 *flight_out
#define TEXT \
    const int *ids, const short *left, const short *right, const int *ranks, int size, int offset, \
    int own, int chunk_tokens, int chunks, long long first_chunk
#define RATE \
    float alpha, float alpha_step, float cap, int loss_every, u64 loss_start, int *handed_out, \
    double *sums
#define WALK \
    ranks, offset, own, chunk_tokens, chunks, first_chunk, alpha, alpha_step, cap, loss_every, \
    loss_start, handed_out
#define CARRIED reinterpret_cast<u64*>(shared_item + 2), dim, stride_in, stride_out
#define IN input, stride_in, flight_in
#define OUT output, stride_out, flight_out

// ---- negative sampling ----

#define NOISE \
    const u32 *accept, const int *alias, int words, u64 noise_start, int negative, int shared

// Contexts in the core against the centres of the halo and noise words that the block shares.
extern "C" __global__ void skipgram_shared(TABLES, TEXT, NOISE, RATE, int window, int block) {
    extern __shared__ __align__(16) float memory[];
    const int span = block + 2 * window, count = span + shared;
    const int wide = wide_of(dim), lanes = padded(block);
    Memory take(memory);
    int* shared_item = take.ints(4);  // and a barrier, of eight bytes
    float* errors = take.floats(count * lanes);
    float* hidden = take.floats(lanes * wide);
    float* d_hidden = take.floats(lanes * wide);
    float* rows = take.floats(count * wide);  // and then what they change by
    float* factors_in = take.floats(block);
    float* factors = take.floats(count);
    int* core = take.ints(lanes);
    int* words_of = take.ints(count);
    int* from = take.ints(span);  // of the core tokens in a centre's window, the first
    int* until = take.ints(span);
    int* pairs_of = take.ints(lanes);
    float* terms_in = take.floats(block);
    float* terms = take.floats(count);
    float* load_in = take.floats(lanes);
    float* load_out = take.floats(count);
    float* squares = take.floats(lanes + count);
    float* row_squares = squares + lanes;
    const int total = ranks[size - 1];
    const Walk walk{WALK, block};
    Carrier carrier(CARRIED);
    const float each = (float)negative / shared;
    Sums found;
    for (int item; (item = walk.take(shared_item)) < walk.count();) {
        const Block here = walk[item];
        const int tokens = here.tokens, at = here.at;
        if (tokens <= 0) continue;
        for (int t = threadIdx.x; t < lanes; t += blockDim.x) {
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
        draw_noise(words_of + span, accept, alias, words, noise_start, shared, here.number);
        __syncthreads();
        for (int j = threadIdx.x; j < span; j += blockDim.x) {
            const int centre = j - window;
            const int itself = from[j] <= centre && centre < until[j];
            const int pairs = max(0, until[j] - from[j]) - itself;
            terms[j] = pairs;
            for (int t = from[j]; t < until[j]; t++)
                if (t != centre) atomicAdd(pairs_of + t, 1);
        }
        __syncthreads();
        int all = 0;
        for (int t = 0; t < tokens; t++) all += pairs_of[t];
        for (int t = threadIdx.x; t < block; t += blockDim.x)
            terms_in[t] = pairs_of[t] * (1 + negative);
        for (int n = threadIdx.x; n < shared; n += blockDim.x) terms[span + n] = all * each;
        __syncthreads();
        const Rows in{IN, core, terms_in, load_in, factors_in, tokens};
        const Rows out{OUT, words_of, terms, load_out, factors, count};
        in.take_off();
        out.take_off();
        __syncthreads();
        carrier.fetch(hidden, wide, input, stride_in, core, lanes, dim);
        carrier.fetch(rows, wide, output, stride_out, words_of, count, dim);
        carrier.arrived();
        score(errors, lanes, rows, count, hidden, wide);
        square(squares, hidden, lanes, rows, count, wide);
        __syncthreads();
        for (int i = threadIdx.x; i < count * lanes; i += blockDim.x) {
            const int n = quotient(i, lanes), t = i - n * lanes;
            const bool true_word = n < span;
            const bool counts =
                true_word ? from[n] <= t && t < until[n] && t != n - window : pairs_of[t] > 0;
            float error = 0;
            if (counts) {
                const float weight = true_word ? 1.0f : each * pairs_of[t];
                error = error_of(errors[i], true_word, weight, here, found);
            }
            errors[i] = error;
        }
        found.count(here, all);
        __syncthreads();
        weigh(load_in, load_out, errors, lanes, squares, row_squares, count, here.rate);
        __syncthreads();
        in.add_load();
        out.add_load();
        __syncthreads();
        in.scale(here.step);
        out.scale(here.step);
        change(carrier, in, out, errors, lanes, hidden, d_hidden, rows, wide, dim);
    }
    found.give(sums);
}

// The mean or sum of each centre's window against the centre and noise words that the block shares.
extern "C" __global__ void cbow_shared(
    TABLES, TEXT, NOISE, RATE, int window, int block, int mean
) {
    extern __shared__ __align__(16) float memory[];
    const int span = block + 2 * window, count = block + shared;
    const int wide = wide_of(dim), lanes = padded(block);
    Memory take(memory);
    int* shared_item = take.ints(4);  // and a barrier, of eight bytes
    float* errors = take.floats(count * lanes);
    float* context = take.floats(span * wide);  // and then what it changes by
    float* hidden = take.floats(lanes * wide);
    float* d_hidden = take.floats(lanes * wide);
    float* rows = take.floats(count * wide);  // of the centres, then of the noise words; as above
    float* factors_in = take.floats(span);
    float* factors = take.floats(count);
    int* words_in = take.ints(span);
    int* words_of = take.ints(count);
    int* from = take.ints(block);  // of the halo tokens in a centre's window, the first
    int* until = take.ints(block);
    float* band = take.floats(span * lanes);  // 1 for a halo token in a centre's window, else 0
    float* effects = take.floats(lanes);  // what a centre's change is to each token in its window
    float* terms_in = take.floats(span);
    float* terms = take.floats(count);
    float* load_in = take.floats(span);
    float* load_out = take.floats(count);
    float* hidden_load = take.floats(lanes);
    float* squares = take.floats(lanes + count);
    float* row_squares = squares + lanes;
    const int total = ranks[size - 1];
    const Walk walk{WALK, block};
    Carrier carrier(CARRIED);
    const float each = (float)negative / shared;
    const int row = threadIdx.x / WARP, rows_at_once = blockDim.x / WARP;
    const int lane = threadIdx.x % WARP;
    float* noise_rows = rows + block * wide;
    const float* noise_errors = errors + block * lanes;
    const Rows in{IN, words_in, terms_in, load_in, factors_in, span};
    const Rows out{OUT, words_of, terms, load_out, factors, count};
    Sums found;
    for (int item; (item = walk.take(shared_item)) < walk.count();) {
        const Block here = walk[item];
        const int tokens = here.tokens, at = here.at;
        if (tokens <= 0) continue;
        for (int j = threadIdx.x; j < span; j += blockDim.x) {
            const int place = at + j - window;
            words_in[j] = place >= 0 && place < total ? ids[place] : 0;
        }
        for (int t = threadIdx.x; t < block; t += blockDim.x) {
            words_of[t] = t < tokens ? ids[at + t] : 0;
            from[t] = t < tokens ? t + window - left[at + t] : t + window;
            until[t] = t < tokens ? t + window + right[at + t] + 1 : t + window + 1;
        }
        draw_noise(words_of + block, accept, alias, words, noise_start, shared, here.number);
        __syncthreads();
        int all = 0;
        for (int t = 0; t < tokens; t++) all += until[t] - from[t] > 1;
        for (int t = threadIdx.x; t < lanes; t += blockDim.x) {
            const int contexts = t < block ? until[t] - from[t] - 1 : 0;
            if (t < block) terms[t] = contexts > 0;
            effects[t] = mean ? 1 : contexts;
        }
        for (int n = threadIdx.x; n < shared; n += blockDim.x) terms[block + n] = all * each;
        for (int i = threadIdx.x; i < span * lanes; i += blockDim.x) {
            const int j = quotient(i, lanes), t = i - j * lanes;
            band[i] = t < tokens && from[t] <= j && j < until[t] && j != t + window;
        }
        __syncthreads();
        for (int j = threadIdx.x; j < span; j += blockDim.x) {  // a window's words move together
            float sum = 0;
            for (int t = 0; t < lanes; t++) sum += band[j * lanes + t] * effects[t];
            terms_in[j] = sum * (1 + negative);
        }
        __syncthreads();
        in.take_off();
        out.take_off();
        __syncthreads();
        carrier.fetch(context, wide, input, stride_in, words_in, span, dim);
        carrier.fetch(rows, wide, output, stride_out, words_of, count, dim);
        carrier.arrived();
        toward_hidden(hidden, band, lanes, context, span, wide, nullptr, 2 * window);
        __syncthreads();
        if (mean) {
            for (int t = row; t < block; t += rows_at_once) {
                const float share = 1.0f / max(until[t] - from[t] - 1, 1);
                float* sums_of = hidden + t * wide;
                for (int k = 4 * lane; k < wide; k += 4 * WARP)
                    store(sums_of + k, scaled(share, load(sums_of + k)));
            }
            __syncthreads();
        }
        score(errors, lanes, rows, count, hidden, wide);
        square(squares, hidden, lanes, rows, count, wide);
        __syncthreads();
        for (int i = threadIdx.x; i < count * lanes; i += blockDim.x) {
            const int n = quotient(i, lanes), t = i - n * lanes;
            const bool true_word = n < block;  // one for each centre
            float error = 0;
            if (t < tokens && terms[t] != 0 && (!true_word || n == t))
                error = error_of(errors[i], true_word, true_word ? 1.0f : each, here, found);
            errors[i] = error;
        }
        found.count(here, all);
        __syncthreads();
        weigh(hidden_load, load_out, errors, lanes, squares, row_squares, count, here.rate);
        __syncthreads();
        for (int j = threadIdx.x; j < span; j += blockDim.x) {
            float load = 0;
            for (int t = 0; t < lanes; t++)
                load += band[j * lanes + t] * effects[t] * hidden_load[t];
            load_in[j] = load;
        }
        __syncthreads();
        in.add_load();
        out.add_load();
        __syncthreads();
        in.scale(here.step);
        out.scale(here.step);
        __syncthreads();
        toward_hidden(d_hidden, noise_errors, lanes, noise_rows, shared, wide);
        __syncthreads();
        const float* early = carrier.early(factors);
        const float* early_noise = carrier.early(factors + block);
        toward_rows(noise_rows, noise_errors, lanes, hidden, shared, wide, early_noise);
        for (int t = row; t < block; t += rows_at_once) {
            const float error = errors[t * lanes + t], change = early ? early[t] * error : error;
            for (int k = t * wide + 4 * lane; k < (t + 1) * wide; k += 4 * WARP) {
                float4 sum = load(d_hidden + k);
                add_scaled(sum, error, load(rows + k));
                store(d_hidden + k, sum);
                store(rows + k, scaled(change, load(hidden + k)));
            }
        }
        carrier.changed();
        const float* early_in = carrier.early(factors_in);
        toward_rows(context, band, lanes, d_hidden, span, wide, early_in, 2 * window);
        out.add(carrier, rows, wide, dim);
        carrier.changed();
        in.add(carrier, context, wide, dim);
        land(carrier, in, out);
    }
    found.give(sums);
}

// ---- hierarchical softmax: a centre at a time ----

#define PATHS const long long *offsets, const int *nodes, const unsigned char *codes, int longest

// The contexts of a centre, or with `averaged` their mean or sum, against the nodes of its path.
template <bool averaged>
__device__ void steps_on_paths(TABLES, TEXT, PATHS, RATE, int window, int mean, float* memory) {
    const int most = 2 * window, wide = wide_of(dim), lanes = averaged ? 1 : padded(most);
    Memory take(memory);
    int* shared_item = take.ints(4);  // and a barrier, of eight bytes
    float* errors = take.floats(longest * lanes);
    float* context = take.floats(padded(most) * wide);
    float* hidden = averaged ? take.floats(wide) : context;
    float* d_hidden = take.floats(lanes * wide);
    float* rows = take.floats(longest * wide);  // and then, but with `averaged`, what they change by
    float* factors_in = take.floats(most);
    float* factors = take.floats(longest);
    int* words_in = take.ints(padded(most));
    float* terms_in = take.floats(most);
    float* terms = take.floats(longest);
    float* load_in = take.floats(padded(most));
    float* load_out = take.floats(longest);
    float* squares = take.floats(lanes + longest);
    float* unused = averaged ? context : d_hidden;  // between the mean, or the rows, and the errors
    const int room = (averaged ? most : lanes) * (wide >> 1);  // for scores, and for squares
    const Walk walk{WALK, 1};
    Carrier carrier(CARRIED);
    Sums found;
    for (int item; (item = walk.take(shared_item)) < walk.count();) {
        const Block here = walk[item];
        if (here.tokens <= 0) continue;
        const int at = here.at, to_left = left[at], contexts = to_left + right[at];
        const int hiddens = averaged ? contexts > 0 : contexts;
        const int word = ids[at];
        const long long begin = offsets[word];
        const int length = (int)(offsets[word + 1] - begin);
        found.count(here, hiddens, length);
        if (contexts == 0) continue;
        const int* path = nodes + begin;
        const Rows in{IN, words_in, terms_in, load_in, factors_in, contexts};
        const Rows out{OUT, path, terms, load_out, factors, length};
        const int used = averaged ? 1 : padded(contexts);  // of the lanes, by tiles
        const int effect = averaged && !mean ? contexts : 1;
        for (int j = threadIdx.x; j < padded(contexts); j += blockDim.x)
            words_in[j] = j < contexts ? ids[at - to_left + j + (j >= to_left)] : word;
        for (int j = threadIdx.x; j < contexts; j += blockDim.x) terms_in[j] = length * effect;
        for (int n = threadIdx.x; n < length; n += blockDim.x) terms[n] = hiddens;
        __syncthreads();
        in.take_off();
        out.take_off();
        __syncthreads();
        carrier.fetch(context, wide, input, stride_in, words_in, averaged ? contexts : used, dim);
        carrier.fetch(rows, wide, output, stride_out, path, length, dim);
        carrier.arrived();
        const int vectors = used + length, products = used * length;
        const int parts =
            averaged ? parts_of(vectors, wide, quotient(room, vectors))
                     : parts_of(tiles_of(used, length), wide, quotient(room, products));
        const int square_parts =
            averaged ? parts : parts_of(vectors, wide, quotient(room, vectors));
        float* scores = parts > 1 ? unused : errors;
        float* some_squares = square_parts > 1 ? unused + room : squares;
        if constexpr (averaged) {
            add_up(hidden, context, contexts, wide, nullptr, mean ? 1.0f / contexts : 1.0f);
            __syncthreads();
            score_one(scores, some_squares, rows, length, hidden, wide, parts);
        } else {
            score(scores, used, rows, length, hidden, wide, parts);
            square(some_squares, hidden, used, rows, length, wide, square_parts);
        }
        __syncthreads();
        for (int i = threadIdx.x; i < products; i += blockDim.x) {
            const int n = quotient(i, used);
            const float score_of = sum_of(scores + i, parts, products);
            float error = 0;
            if (i - n * used < hiddens)
                error = error_of(score_of, !codes[begin + n], 1.0f, here, found);
            errors[i] = error;
        }
        for (int i = threadIdx.x; i < vectors; i += blockDim.x)
            squares[i] = sum_of(some_squares + i, square_parts, vectors);
        __syncthreads();
        if constexpr (averaged)
            weigh_one(load_in, contexts, load_out, errors, squares, length, here.rate, effect);
        else weigh(load_in, load_out, errors, used, squares, squares + used, length, here.rate);
        __syncthreads();
        in.add_load();
        out.add_load();
        __syncthreads();
        in.scale(here.step);
        out.scale(here.step);
        if constexpr (averaged) {  // a row changes by its error times the one hidden vector
            for (int n = threadIdx.x; n < length; n += blockDim.x) factors[n] *= errors[n];
            add_up(d_hidden, rows, length, wide, errors);
            change_by_one(carrier, in, out, context, d_hidden, rows, hidden, wide, dim);
        } else {
            change(carrier, in, out, errors, used, hidden, d_hidden, rows, wide, dim);
        }
    }
    found.give(sums);
}

#define WHOLE_WALK \
    input, output, dim, stride_in, stride_out, flight_in, flight_out, ids, left, right, ranks, \
    size, offset, own, chunk_tokens, chunks, first_chunk, offsets, nodes, codes, longest, alpha, \
    alpha_step, cap, loss_every, loss_start, handed_out, sums, window, mean, memory

extern "C" __global__ void skipgram_paths(TABLES, TEXT, PATHS, RATE, int window, int mean) {
    extern __shared__ __align__(16) float memory[];
    steps_on_paths<false>(WHOLE_WALK);
}

extern "C" __global__ void cbow_paths(TABLES, TEXT, PATHS, RATE, int window, int mean) {
    extern __shared__ __align__(16) float memory[];
    steps_on_paths<true>(WHOLE_WALK);
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
