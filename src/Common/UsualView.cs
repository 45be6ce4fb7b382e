using NJepa.Data;

namespace NJepa;

/// <summary>The view that an evaluation takes of images where none is given.</summary>
internal static class UsualView
{
    /// <summary>From this size on, the view is the usual protocol, which cuts a border away; smaller images are seen to their edges.</summary>
    private const int SmallestCroppedSize = 128;

    public static EvaluationTransform Of(int imageSize) =>
        imageSize < SmallestCroppedSize ? EvaluationTransform.CentralSquare(imageSize) : new EvaluationTransform { ImageSize = imageSize };
}
