namespace NJepa.Evaluation;

/// <summary>How the nearest neighbours vote.</summary>
public enum NeighbourWeighting
{
    /// <summary>Each neighbour's vote weighs <c>exp(cosine / temperature)</c>: near ones count for more.</summary>
    Exponential,

    /// <summary>Each neighbour has one vote.</summary>
    Uniform,
}
