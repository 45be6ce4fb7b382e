using System.Numerics;
using System.Runtime.InteropServices;

namespace NJepa.Evaluation;

/// <summary>
/// The rows that can still be among the k nearest of one query, given approximate cosines that are wrong by at most half the margin:
/// whoever is nearer than the k-th approximate cosine less the margin.
/// </summary>
internal sealed class NeighbourCandidates(int neighbours, float margin)
{
    private readonly PriorityQueue<float, float> _best = new(neighbours + 1);
    private readonly List<(int Row, float Cosine)> _rows = new(4 * neighbours);
    private float _limit = float.NegativeInfinity;
    private int _pruneAt = (4 * neighbours) + 64;

    /// <summary>Looks at the approximate cosines of the rows from <paramref name="firstRow"/> on.</summary>
    public void Add(ReadOnlySpan<float> cosines, int firstRow)
    {
        ReadOnlySpan<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(cosines);
        int width = Vector<float>.Count;
        for (int v = 0; v < vectors.Length; v++)
        {
            // Nearly all rows are far: one comparison passes over a whole vector of them.
            if (Vector.GreaterThanOrEqualAny(vectors[v], new Vector<float>(_limit)))
            {
                for (int i = v * width; i < (v + 1) * width; i++)
                {
                    Consider(cosines[i], firstRow + i);
                }
            }
        }

        for (int i = vectors.Length * width; i < cosines.Length; i++)
        {
            Consider(cosines[i], firstRow + i);
        }
    }

    /// <summary>The rows left.</summary>
    public IEnumerable<int> Rows()
    {
        Prune();
        return _rows.Select(candidate => candidate.Row);
    }

    private void Consider(float cosine, int row)
    {
        if (cosine < _limit)
        {
            return;
        }

        _rows.Add((row, cosine));
        if (_best.Count < neighbours)
        {
            _best.Enqueue(cosine, cosine);
        }
        else
        {
            _best.EnqueueDequeue(cosine, cosine);
        }

        if (_best.Count == neighbours)
        {
            _limit = _best.Peek() - margin;
        }

        if (_rows.Count >= _pruneAt)
        {
            Prune();
            _pruneAt = (2 * _rows.Count) + 64;
        }
    }

    private void Prune() => _rows.RemoveAll(candidate => candidate.Cosine < _limit);
}
