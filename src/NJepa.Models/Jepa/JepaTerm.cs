namespace NJepa.Models;

/// <summary>The terms of the loss, for <see cref="JepaModel.LossFault"/>.</summary>
internal enum JepaTerm
{
    CleanTeacher,
    NoisyTeacher,
    NoisyClean,
    Variance,
    Covariance,
}
