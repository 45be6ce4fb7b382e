namespace NJepa.Data;

/// <summary>
/// Says which images form the batch of any step: a fresh permutation each epoch without an incomplete last batch (training), or the order
/// of the source with a partial last batch (evaluation). A pure function of seed and step; the last permutations are kept only to save
/// time.
/// </summary>
internal sealed class BatchSchedule(int imageCount, int batchSize, ulong seed, bool shuffle)
{
    private readonly Lock _lock = new();
    private int[] _order = [];
    private long _orderEpoch = -1;

    public long BatchesPerEpoch { get; } = shuffle ? imageCount / batchSize : ((long)imageCount + batchSize - 1) / batchSize;

    /// <summary>The batch of a step counted from the beginning of the first epoch.</summary>
    public BatchPlan Plan(long globalStep)
    {
        int epoch = checked((int)(globalStep / BatchesPerEpoch));
        long step = globalStep % BatchesPerEpoch;
        long start = step * batchSize;
        int count = (int)Math.Min(batchSize, imageCount - start);
        return new BatchPlan(epoch, step, shuffle ? Order(epoch) : null, start, count);
    }

    private int[] Order(int epoch)
    {
        lock (_lock)
        {
            if (_orderEpoch != epoch)
            {
                int[] order = new int[imageCount];
                for (int i = 0; i < order.Length; i++)
                {
                    order[i] = i;
                }

                CounterRandom random = CounterRandom.Create(seed, RandomPurpose.DataOrder, epoch);
                random.Shuffle(order.AsSpan());
                _order = order;
                _orderEpoch = epoch;
            }

            return _order;
        }
    }
}
