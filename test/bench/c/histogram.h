// Buckets as those of `histogram(x)`: eight for each power of two, found by halving.
static __always_inline __u32 bucket_of(__u64 value)
{
	__u32 shift = 0;
	if (value >> 35) {
		value >>= 32;
		shift += 32;
	}
	if (value >= 1 << 19) {
		value >>= 16;
		shift += 16;
	}
	if (value >= 1 << 11) {
		value >>= 8;
		shift += 8;
	}
	if (value >= 1 << 7) {
		value >>= 4;
		shift += 4;
	}
	if (value >= 1 << 5) {
		value >>= 2;
		shift += 2;
	}
	if (value >= 1 << 4) {
		value >>= 1;
		shift += 1;
	}
	return 8 * shift + value;
}

struct histogram {
	__u64 buckets[496];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct histogram);
} histograms SEC(".maps");

static __always_inline void count_value(__u64 value)
{
	__u32 zero = 0, bucket = bucket_of(value);
	struct histogram *histogram = bpf_map_lookup_elem(&histograms, &zero);
	if (histogram && bucket < 496)
		__sync_fetch_and_add(&histogram->buckets[bucket], 1);
}
