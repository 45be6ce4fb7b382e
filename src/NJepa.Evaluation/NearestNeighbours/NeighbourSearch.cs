using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>
/// The search behind <see cref="NearestNeighbours"/>: matrix products in single precision preselect, cosines in double precision decide.
/// </summary>
internal sealed class NeighbourSearch
{
    private readonly CentredRows _train;
    private readonly CentredRows _queries;
    private readonly int _trainCount;
    private readonly int _queryCount;
    private readonly int _width;
    private readonly int _neighbours;
    private readonly float _margin;

    public NeighbourSearch(FeatureSet train, FeatureSet queries, int neighbours, bool centre)
    {
        double[] origin = centre ? CentredRows.Mean(train) : new double[train.Width];
        _train = new CentredRows(train, origin);
        _queries = ReferenceEquals(train, queries) ? _train : new CentredRows(queries, origin);
        (_trainCount, _queryCount, _width, _neighbours) = (train.Count, queries.Count, train.Width, neighbours);

        // The product of two unit vectors of D numbers rounded to 24 bits, added up in any order, is wrong by at most about (D + 2) 2^-24.
        // Two of them are compared, so twice that; the rest is for the rounding of the bound itself.
        _margin = (float)(2.05 * (_width + 8) * Math.Pow(2, -24));
    }

    /// <summary>How many queries go into one matrix product.</summary>
    internal int QueryChunk { get; init; } = 256;

    /// <summary>How many training rows go into one matrix product: 16 MB of cosines stay near the cache.</summary>
    internal int TrainChunk { get; init; } = 16_384;

    public NeighbourTable Run(CancellationToken cancellationToken)
    {
        var indices = new int[checked(_queryCount * _neighbours)];
        var cosines = new double[indices.Length];
        using DisposeScope all = NewDisposeScope();
        using IDisposable _ = no_grad();
        Tensor trainND = tensor(_train.UnitRows(0, _trainCount), [_trainCount, _width]);
        var products = new float[Math.Min(QueryChunk, _queryCount) * Math.Min(TrainChunk, _trainCount)];
        for (int start = 0; start < _queryCount; start += QueryChunk)
        {
            int count = Math.Min(QueryChunk, _queryCount - start);
            int first = start;
            NeighbourCandidates[] candidates = Preselect(trainND, first, count, products, cancellationToken);
            Parallel.For(0, count, i => Decide(first + i, candidates[i], indices, cosines));
        }

        return new NeighbourTable(_queryCount, _neighbours, indices, cosines);
    }

    private NeighbourCandidates[] Preselect(Tensor trainND, int firstQuery, int queryCount, float[] products, CancellationToken cancellationToken)
    {
        var candidates = new NeighbourCandidates[queryCount];
        for (int i = 0; i < queryCount; i++)
        {
            candidates[i] = new NeighbourCandidates(_neighbours, _margin);
        }

        using Tensor queriesQD = tensor(_queries.UnitRows(firstQuery, queryCount), [queryCount, _width]);
        for (int start = 0; start < _trainCount; start += TrainChunk)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(TrainChunk, _trainCount - start);
            int first = start;
            using (Tensor partND = trainND.narrow(0, first, count))
            using (Tensor cosinesQN = nn.functional.linear(queriesQD, partND))
            {
                MemoryMarshal.Cast<byte, float>(cosinesQN.bytes).CopyTo(products);
            }

            Parallel.For(0, queryCount, i => candidates[i].Add(products.AsSpan(i * count, count), first));
        }

        return candidates;
    }

    private void Decide(int query, NeighbourCandidates candidates, int[] indices, double[] cosines)
    {
        double[] centred = _queries.Row(query);
        double inverseNorm = _queries.InverseNorm(query);
        (int Row, double Cosine)[] ranked = [.. candidates.Rows().Select(row => (row, _train.Cosine(row, centred, inverseNorm)))];
        Array.Sort(ranked, (a, b) => a.Cosine != b.Cosine ? b.Cosine.CompareTo(a.Cosine) : a.Row.CompareTo(b.Row));
        for (int i = 0; i < _neighbours; i++)
        {
            (indices[(query * _neighbours) + i], cosines[(query * _neighbours) + i]) = ranked[i];
        }
    }
}
