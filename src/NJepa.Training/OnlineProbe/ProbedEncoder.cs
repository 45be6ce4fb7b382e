namespace NJepa.Training;

/// <summary>Which encoder an <see cref="OnlineProbe"/> judges.</summary>
public enum ProbedEncoder
{
    /// <summary>The student, which N-JEPA keeps and evaluates.</summary>
    Student,

    /// <summary>The teacher, the student's moving average, which I-JEPA evaluates.</summary>
    Teacher,
}
