namespace NJepa.Evaluation;

/// <summary>The nearest training images of every query image, the nearest first.</summary>
public sealed class NeighbourTable
{
    internal NeighbourTable(int queryCount, int neighbours, int[] indices, double[] similarities)
    {
        QueryCount = queryCount;
        Neighbours = neighbours;
        Indices = indices;
        Similarities = similarities;
    }

    /// <summary>How many images were asked about.</summary>
    public int QueryCount { get; }

    /// <summary>k, how many neighbours each of them has here.</summary>
    public int Neighbours { get; }

    /// <summary>Rows of the training set [queries,k], row-major; the nearest first, equally near ones by lower row.</summary>
    public int[] Indices { get; }

    /// <summary>The cosines that belong to <see cref="Indices"/> [queries,k], from -1 to 1, in double precision.</summary>
    public double[] Similarities { get; }

    /// <summary>The neighbours of one query [k].</summary>
    /// <param name="query">Which query, from 0.</param>
    /// <returns>Rows of the training set, the nearest first.</returns>
    public ReadOnlySpan<int> IndicesOf(int query) => Indices.AsSpan(query * Neighbours, Neighbours);

    /// <summary>The cosines of the neighbours of one query [k].</summary>
    /// <param name="query">Which query, from 0.</param>
    /// <returns>Cosines, the largest first.</returns>
    public ReadOnlySpan<double> SimilaritiesOf(int query) => Similarities.AsSpan(query * Neighbours, Neighbours);
}
