namespace NJepa.Training;

/// <summary>What the learning rate does after the warm-up.</summary>
public enum LearningRateShape
{
    /// <summary>A half cosine from the peak to the final learning rate (I-JEPA, appendix A.1).</summary>
    Cosine,

    /// <summary>The peak, to the end.</summary>
    Constant,
}
