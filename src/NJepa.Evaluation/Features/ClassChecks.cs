namespace NJepa.Evaluation;

/// <summary>Whether sets can be classified at all, and whether two sets speak of the same classes.</summary>
internal static class ClassChecks
{
    /// <summary>Requires labels, two classes with images, and a number of images in every class.</summary>
    public static void RequireClasses(ILabelledFeatures features, string role, int minimumPerClass)
    {
        RequireLabels(features, role);
        int inhabited = features.ClassCounts.Count(count => count > 0);
        if (inhabited < 2)
        {
            string only = features.ClassNames[features.ClassCounts.ToList().FindIndex(count => count > 0)];
            throw new EvaluationException(
                $"The {role} has images of one class only ('{only}'); telling classes apart needs at least two. "
                + "In a folder of images the class is the first folder: put the images of each class into a folder of its own.");
        }

        string[] small =
        [
            .. features.ClassNames.Where((_, i) => features.ClassCounts[i] < minimumPerClass).Select(
                name => $"'{name}' ({features.ClassCounts[features.ClassNames.ToList().IndexOf(name)]})"),
        ];
        if (small.Length > 0)
        {
            throw new EvaluationException(
                $"Every class of the {role} needs at least {minimumPerClass} images; too few in {ClassNames.Listed(small)}. Add images to these classes or leave the classes out.");
        }
    }

    /// <summary>Requires that every image has a class.</summary>
    public static void RequireLabels(ILabelledFeatures features, string role)
    {
        if (!features.IsLabelled)
        {
            throw new EvaluationException(
                $"{features.Count - features.ClassCounts.Sum()} of the {features.Count} images of the {role} have no class; every image needs one. "
                + "In a folder of images the class is the first folder: put the images of each class into a folder of its own.");
        }
    }

    /// <summary>Requires equal widths and class names; returns the test labels as indices into the names of the training set.</summary>
    public static int[] MapTestLabels(FeatureSet train, FeatureSet test)
    {
        RequireLabels(test, "test set");
        if (train.Width != test.Width)
        {
            throw new EvaluationException(
                $"The training set has {train.Width} features per image and the test set {test.Width}; both must come from the same encoder with the same settings.");
        }

        return MapLabels(train.ClassNames, test);
    }

    /// <summary>Requires labels and these class names, in any order; returns the test labels as indices into them.</summary>
    public static int[] MapLabels(IReadOnlyList<string> classNames, ILabelledFeatures test)
    {
        RequireLabels(test, "test set");
        if (ClassNames.Difference(classNames, test.ClassNames) is { } difference)
        {
            throw new EvaluationException(difference);
        }

        Dictionary<string, int> index = classNames.Select((name, i) => (name, i)).ToDictionary(p => p.name, p => p.i, StringComparer.Ordinal);
        int[] map = [.. test.ClassNames.Select(name => index[name])];
        return Array.ConvertAll(test.Labels, label => map[label]);
    }
}
