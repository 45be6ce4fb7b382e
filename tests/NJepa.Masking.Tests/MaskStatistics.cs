namespace NJepa.Masking.Tests;

/// <summary>Counts over many batches of one sampler.</summary>
internal sealed class MaskStatistics
{
    private readonly double[] _contextMap;
    private readonly double[] _targetMap;
    private readonly List<int> _lengths = [];
    private readonly int _targetBlocks;

    public MaskStatistics(IMaskSampler sampler, int batchSize, int batches, ulong seed = 5)
    {
        _contextMap = new double[sampler.Grid.Count];
        _targetMap = new double[sampler.Grid.Count];
        _targetBlocks = sampler.TargetBlocks;
        var indices = new long[batchSize];
        for (int step = 0; step < batches; step++)
        {
            for (int i = 0; i < batchSize; i++)
            {
                indices[i] = ((long)step * batchSize) + i;
            }

            MaskBatch batch = sampler.Sample(seed, step, indices);
            Images += batchSize;
            _lengths.Add(batch.ContextLength);
            TargetLengths[batch.TargetLength] = TargetLengths.GetValueOrDefault(batch.TargetLength) + 1;
            foreach (int patch in batch.Context)
            {
                _contextMap[patch]++;
            }

            foreach (int patch in batch.Targets)
            {
                _targetMap[patch]++;
            }
        }

        _lengths.Sort();
        MeanLength = _lengths.Average();
        StandardDeviation = Math.Sqrt(_lengths.Average(length => (length - MeanLength) * (length - MeanLength)));
    }

    public int Images { get; }

    public Dictionary<int, int> TargetLengths { get; } = [];

    public double MeanLength { get; }

    public double StandardDeviation { get; }

    public double MeanVisible => _contextMap.Sum() / Images;

    public double[] ContextInclusion => [.. _contextMap.Select(count => count / Images)];

    public double[] TargetInclusion => [.. _targetMap.Select(count => count / Images / _targetBlocks)];

    public int Quantile(double share) => _lengths[(int)(share * (_lengths.Count - 1))];
}
