namespace NJepa.Training;

/// <summary>A part of a flat parameter buffer that the optimizer treats alike.</summary>
/// <param name="Start">Its first element.</param>
/// <param name="Count">Its number of elements.</param>
/// <param name="Decayed">Whether weight decay applies.</param>
/// <param name="RateFactor">What the learning rate is multiplied by.</param>
internal sealed record OptimizerRange(long Start, long Count, bool Decayed, double RateFactor);
